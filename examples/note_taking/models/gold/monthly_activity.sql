-- Monthly active users (MAU), and which part of them comes on a day.
with months as (

    select
        cast(date_trunc('month', active_on) as date) as active_month,
        count(distinct user_id) as monthly_active_users,
        count(*) as sessions,
        cast(sum(actions) as double precision) / count(*) as actions_per_session,
        cast(sum(duration_ms) as double precision) / count(*) / 1000 as average_session_seconds
    from {{ ref('sessions') }}
    group by 1

),

days as (

    select
        cast(date_trunc('month', active_on) as date) as active_month,
        cast(sum(daily_active_users) as double precision) / count(*) as average_daily_active_users
    from {{ ref('daily_activity') }}
    group by 1

)

select
    months.active_month,
    months.monthly_active_users,
    months.sessions,
    months.actions_per_session,
    months.average_session_seconds,
    days.average_daily_active_users,
    days.average_daily_active_users / months.monthly_active_users as stickiness
from months
inner join days on days.active_month = months.active_month
