{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='happened_at',
    batch_size='day',
    begin=var('begin'),
    lookback=1,
    concurrent_batches=true,
) }}

-- Actions with a possible duration. Of those that were sent twice the longest counts.
with ranked as (

    select
        *,
        row_number() over (
            partition by user_id, happened_at, action_type, page_id
            order by duration_ms desc, app_version desc
        ) as delivery
    from {{ ref('interactions') }}
    where duration_ms between 0 and {{ var('longest_hours') * 60 * 60 * 1000 }}

)

select
    user_id,
    happened_at,
    action_type,
    page_id,
    duration_ms,
    app_version
from ranked
where delivery = 1
