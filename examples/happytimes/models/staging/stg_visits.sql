{{ config(
    materialized='incremental',
    unique_key='visit_id',
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
) }}

-- Each visit once. A run takes up the visits delivered since the last one, however long ago they were.
-- If a visit was sent twice, the delivery that came first counts, even if an earlier run saw it.
with lately as (

    select distinct visit_id
    from {{ ref('src_visits') }}

    {% if is_incremental() %}
    where received_at >= (select max(received_at) from {{ this }})
    {% endif %}

),

ranked as (

    select
        visits.*,
        row_number() over (partition by visits.visit_id order by visits.received_at) as delivery
    from {{ ref('src_visits') }} as visits
    inner join lately on lately.visit_id = visits.visit_id

)

select
    visit_id,
    visitor_id,
    user_id,
    visited_at,
    coalesce(nullif(lower(trim(source)), ''), 'unknown') as source,
    campaign_id,
    device,
    received_at
from ranked
where delivery = 1
