-- Checkouts as they landed.
select
    checkout_id,
    user_id,
    product_id,
    quantity,
    amount,
    payment,
    checked_out_at,
    landed_on
from {{ source('landing', 'checkouts') }}
