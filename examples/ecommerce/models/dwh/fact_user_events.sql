-- One row an event that was not withdrawn.
select
    event_id,
    user_id,
    event_type,
    occurred_at,
    cast(occurred_at as date) as occurred_on,
    device,
    product_id,
    seconds
from {{ ref('stg_user_events') }}
where not is_withdrawn
