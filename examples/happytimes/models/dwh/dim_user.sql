-- Everyone who signed up, with what became of it.
with subscriptions as (

    select
        user_id,
        min(subscribed_at) as first_subscribed_at,
        count(*) as subscriptions,
        sum(case when cancelled_at is null then 1 else 0 end) as open_subscriptions
    from {{ ref('fact_subscriptions') }}
    group by user_id

)

select
    users.user_id,
    users.visitor_id,
    users.country,
    users.signed_up_at,
    subscriptions.first_subscribed_at,
    coalesce(subscriptions.subscriptions, 0) as subscriptions,
    coalesce(subscriptions.open_subscriptions, 0) > 0 as is_subscriber
from {{ ref('stg_users') }} as users
left join subscriptions on subscriptions.user_id = users.user_id
