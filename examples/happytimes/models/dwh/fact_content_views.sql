-- One row a view, and whether the reader was a subscriber at that moment.
select
    views.view_id,
    views.visit_id,
    views.content_id,
    visits.visitor_id,
    visits.user_id,
    views.viewed_at,
    cast(views.viewed_at as date) as date_day,
    views.seconds,
    subscriptions.subscription_id is not null as by_subscriber
from {{ ref('src_views') }} as views
inner join {{ ref('fact_visits') }} as visits on visits.visit_id = views.visit_id
left join {{ ref('fact_subscriptions') }} as subscriptions
    on subscriptions.user_id = visits.user_id
    and views.viewed_at >= subscriptions.subscribed_at
    and views.viewed_at < coalesce(subscriptions.cancelled_at, cast('9999-12-31' as timestamp))
