-- Lines of orders that exist, with what was paid for them.
select
    details.order_detail_id,
    details.order_id,
    details.product_id,
    details.quantity,
    details.unit_price,
    details.discount,
    cast(details.quantity * details.unit_price * (100 - details.discount) / 100 as numeric(14, 2)) as amount
from {{ source('shop', 'order_details') }} as details
inner join {{ ref('stg_orders') }} as orders on orders.order_id = details.order_id
