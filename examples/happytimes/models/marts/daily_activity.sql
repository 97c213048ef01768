-- What happened each day; days on which nothing happened are there too.
with visits as (

    select date_day, count(*) as visits, count(distinct visitor_id) as visitors
    from {{ ref('fact_visits') }}
    group by date_day

),

views as (

    select date_day, count(*) as views, sum(seconds) as seconds
    from {{ ref('fact_content_views') }}
    group by date_day

),

subscriptions as (

    select date_day, count(*) as subscriptions
    from {{ ref('fact_subscriptions') }}
    group by date_day

)

select
    days.date_day,
    coalesce(visits.visits, 0) as visits,
    coalesce(visits.visitors, 0) as visitors,
    coalesce(views.views, 0) as views,
    coalesce(views.seconds, 0) as seconds,
    coalesce(subscriptions.subscriptions, 0) as subscriptions
from {{ ref('dim_date') }} as days
left join visits on visits.date_day = days.date_day
left join views on views.date_day = days.date_day
left join subscriptions on subscriptions.date_day = days.date_day
