-- Daily active users (DAU), and how they used the app.
select
    active_on,
    count(distinct user_id) as daily_active_users,
    count(*) as sessions,
    sum(actions) as actions,
    cast(sum(actions) as double precision) / count(*) as actions_per_session,
    cast(sum(duration_ms) as double precision) / count(*) / 1000 as average_session_seconds
from {{ ref('sessions') }}
group by active_on
