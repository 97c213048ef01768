-- Monthly use by country and plan.
select
    cast(date_trunc('month', sessions.active_on) as date) as active_month,
    users.country,
    users.plan,
    count(distinct sessions.user_id) as monthly_active_users,
    count(*) as sessions,
    cast(sum(sessions.actions) as double precision) / count(*) as actions_per_session,
    cast(sum(sessions.duration_ms) as double precision) / count(*) / 1000 as average_session_seconds
from {{ ref('sessions') }} as sessions
inner join {{ ref('users') }} as users on users.user_id = sessions.user_id
group by 1, 2, 3
