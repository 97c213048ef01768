-- Visits with their types, one row as it was delivered.
select
    cast(visit_id as bigint) as visit_id,
    visitor_id,
    cast(user_id as integer) as user_id,
    cast(visited_at as timestamp) as visited_at,
    source,
    cast(campaign_id as integer) as campaign_id,
    device,
    cast(received_at as timestamp) as received_at
from {{ ref('raw_visits') }}
