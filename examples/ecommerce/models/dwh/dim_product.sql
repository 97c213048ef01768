-- Products with their category.
select
    products.product_id,
    products.name,
    categories.name as category,
    products.price
from {{ source('shop', 'products') }} as products
inner join {{ source('shop', 'categories') }} as categories on categories.category_id = products.category_id
