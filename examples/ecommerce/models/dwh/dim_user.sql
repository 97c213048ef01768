-- Customers.
select
    user_id,
    name,
    country,
    registered_at
from {{ source('shop', 'users') }}
