-- Readers with their types.
select
    cast(user_id as integer) as user_id,
    visitor_id,
    country,
    cast(signed_up_at as timestamp) as signed_up_at
from {{ ref('raw_users') }}
