-- One row an order, with what was paid for it.
with lines as (

    select
        order_id,
        count(*) as lines,
        sum(quantity) as items,
        sum(amount) as amount
    from {{ ref('stg_order_details') }}
    group by order_id

)

select
    orders.order_id,
    orders.user_id,
    orders.status,
    orders.ordered_at,
    cast(orders.ordered_at as date) as ordered_on,
    orders.status in ('paid', 'shipped') as is_paid,
    coalesce(lines.lines, 0) as lines,
    coalesce(lines.items, 0) as items,
    coalesce(lines.amount, 0) as amount
from {{ ref('stg_orders') }} as orders
left join lines on lines.order_id = orders.order_id
