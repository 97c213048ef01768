-- Subscriptions and cancellations with their types, one row a press of the button.
select
    cast(event_id as integer) as event_id,
    cast(user_id as integer) as user_id,
    event,
    cast(happened_at as timestamp) as happened_at
from {{ ref('raw_subscription_events') }}
