{{ config(
    materialized='incremental',
    incremental_strategy='microbatch',
    event_time='started_at',
    batch_size='day',
    begin=var('begin'),
    lookback=1,
    concurrent_batches=true,
) }}

-- One row a session. A session does not run past midnight, so a batch of a day has all it needs.
with with_previous as (

    select
        user_id,
        happened_at,
        action_type,
        duration_ms,
        cast(happened_at as date) as active_on,
        lag(happened_at) over (
            partition by user_id, cast(happened_at as date)
            order by happened_at
        ) as previous_at
    from {{ ref('actions') }}

),

numbered as (

    select
        *,
        sum(
            case
                when previous_at > happened_at - interval '{{ var("session_gap_minutes") }} minutes' then 0
                else 1
            end
        ) over (
            partition by user_id, active_on
            order by happened_at
            rows between unbounded preceding and current row
        ) as session_number,
        cast(extract(epoch from happened_at) as bigint) * 1000 as started_ms
    from with_previous

)

select
    user_id,
    active_on,
    cast(session_number as integer) as session_number,
    min(happened_at) as started_at,
    count(*) as actions,
    sum(case when action_type = 'edit' then 1 else 0 end) as edits,
    max(started_ms + duration_ms) - min(started_ms) as duration_ms
from numbered
group by user_id, active_on, session_number
