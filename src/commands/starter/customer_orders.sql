select
    customer,
    count(*) as orders,
    sum(case when is_paid then amount else 0 end) as paid_amount,
    min(ordered_on) as first_ordered_on,
    max(ordered_on) as last_ordered_on
from {{ ref('stg_orders') }}
group by customer
