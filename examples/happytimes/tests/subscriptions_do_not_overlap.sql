-- A reader has one subscription at a time.
select one.subscription_id, other.subscription_id as overlapping_id
from {{ ref('fact_subscriptions') }} as one
inner join {{ ref('fact_subscriptions') }} as other
    on other.user_id = one.user_id
    and other.subscription_id <> one.subscription_id
    and other.subscribed_at >= one.subscribed_at
    and other.subscribed_at < coalesce(one.cancelled_at, cast('9999-12-31' as timestamp))
