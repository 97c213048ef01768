{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='event_id',
) }}

-- The state of each event: what the last message about it says. A run takes up the messages behind the last
-- offset that it has of each partition. Withdrawn events stay, marked, so that an earlier message that is
-- delivered again does not bring them back.
with messages as (

    select
        messages.event_id,
        messages.op = 'delete' as is_withdrawn,
        messages.user_id,
        messages.event_type,
        messages.occurred_at,
        messages.device,
        messages.product_id,
        messages.seconds,
        messages."partition" as kafka_partition,
        messages.kafka_offset,
        row_number() over (partition by messages.event_id order by messages.kafka_offset desc) as recency
    from {{ source('kafka', 'user_events') }} as messages

    {% if is_incremental() %}
    left join (
        select kafka_partition, max(kafka_offset) as last_offset
        from {{ this }}
        group by kafka_partition
    ) as known
        on known.kafka_partition = messages."partition"
    where messages.kafka_offset > coalesce(known.last_offset, -1)
    {% endif %}

)

select
    event_id,
    is_withdrawn,
    user_id,
    event_type,
    occurred_at,
    device,
    product_id,
    seconds,
    kafka_partition,
    kafka_offset
from messages
where recency = 1
