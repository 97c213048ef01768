select
    order_id,
    customer,
    ordered_on,
    amount,
    status,
    status = 'paid' as is_paid
from {{ ref('raw_orders') }}
