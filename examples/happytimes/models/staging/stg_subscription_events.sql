-- Subscriptions and cancellations that changed something: who has subscribed does not subscribe again.
with with_previous as (

    select
        *,
        lag(event) over (partition by user_id order by happened_at, event_id) as previous_event
    from {{ ref('src_subscription_events') }}

)

select event_id, user_id, event, happened_at
from with_previous
where event <> coalesce(previous_event, 'cancel')
