-- What each customer does: looks, buys, reviews.
with events as (

    select
        user_id,
        count(*) as events,
        sum(case when event_type = 'product_view' then 1 else 0 end) as product_views,
        sum(case when event_type = 'add_to_cart' then 1 else 0 end) as cart_additions,
        count(distinct occurred_on) as active_days,
        max(occurred_at) as last_seen_at,
        sum(seconds) as seconds
    from {{ ref('fact_user_events') }}
    group by user_id

),

orders as (

    select user_id, count(*) as orders, sum(amount) as spent
    from {{ ref('fact_orders') }}
    where is_paid
    group by user_id

),

reviews as (

    select user_id, count(*) as reviews
    from {{ ref('stg_reviews') }}
    group by user_id

)

select
    users.user_id,
    users.name,
    users.country,
    coalesce(events.events, 0) as events,
    coalesce(events.product_views, 0) as product_views,
    coalesce(events.cart_additions, 0) as cart_additions,
    coalesce(events.active_days, 0) as active_days,
    coalesce(events.seconds, 0) as seconds,
    events.last_seen_at,
    coalesce(orders.orders, 0) as orders,
    coalesce(orders.spent, 0) as spent,
    coalesce(reviews.reviews, 0) as reviews
from {{ ref('dim_user') }} as users
left join events on events.user_id = users.user_id
left join orders on orders.user_id = users.user_id
left join reviews on reviews.user_id = users.user_id
