-- Of the subscribers of each month, how many came back in the months after.
with cohorts as (

    select user_id, cast(date_trunc('month', min(subscribed_at)) as date) as cohort_month
    from {{ ref('fact_subscriptions') }}
    group by user_id

),

sizes as (

    select cohort_month, count(*) as subscribers
    from cohorts
    group by cohort_month

),

months as (

    select distinct month_start from {{ ref('dim_date') }}

),

active as (

    select
        cohorts.cohort_month,
        days.month_start,
        count(distinct visits.user_id) as active_subscribers
    from {{ ref('fact_visits') }} as visits
    inner join cohorts on cohorts.user_id = visits.user_id
    inner join {{ ref('dim_date') }} as days on days.date_day = visits.date_day
    where days.month_start >= cohorts.cohort_month
    group by cohorts.cohort_month, days.month_start

)

select
    sizes.cohort_month,
    months.month_start as active_month,
    cast(
        (extract(year from months.month_start) - extract(year from sizes.cohort_month)) * 12
        + extract(month from months.month_start) - extract(month from sizes.cohort_month)
    as integer) as months_later,
    sizes.subscribers,
    coalesce(active.active_subscribers, 0) as active_subscribers,
    cast(coalesce(active.active_subscribers, 0) as double precision) / sizes.subscribers as retention_rate
from sizes
inner join months on months.month_start >= sizes.cohort_month
left join active
    on active.cohort_month = sizes.cohort_month
    and active.month_start = months.month_start
