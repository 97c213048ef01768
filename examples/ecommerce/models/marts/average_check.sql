-- What a customer spends at once, by month and country. Only paid orders count.
select
    cast(date_trunc('month', orders.ordered_on) as date) as ordered_month,
    users.country,
    count(*) as orders,
    count(distinct orders.user_id) as customers,
    sum(orders.items) as items,
    sum(orders.amount) as revenue,
    cast(sum(orders.amount) as double precision) / count(*) as average_check,
    cast(sum(orders.items) as double precision) / count(*) as average_items
from {{ ref('fact_orders') }} as orders
inner join {{ ref('dim_user') }} as users on users.user_id = orders.user_id
where orders.is_paid
group by 1, 2
