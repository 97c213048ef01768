-- Reviews with a rating that can be.
select
    review_id,
    user_id,
    product_id,
    rating,
    created_at,
    updated_at
from {{ source('shop', 'reviews') }}
where rating between 1 and 5
