-- How products are liked, and their place within the category. Few reviews say little: the weighted rating
-- counts as if each product had ten reviews more, of the mean of all.
with ratings as (

    select
        product_id,
        count(*) as reviews,
        sum(rating) as stars,
        cast(sum(rating) as double precision) / count(*) as average_rating
    from {{ ref('stg_reviews') }}
    group by product_id

),

everything as (

    select cast(sum(rating) as double precision) / count(*) as mean_rating
    from {{ ref('stg_reviews') }}

),

weighted as (

    select
        products.product_id,
        products.name,
        products.category,
        coalesce(ratings.reviews, 0) as reviews,
        ratings.average_rating,
        (coalesce(ratings.stars, 0) + 10 * everything.mean_rating)
            / (coalesce(ratings.reviews, 0) + 10) as weighted_rating
    from {{ ref('dim_product') }} as products
    cross join everything
    left join ratings on ratings.product_id = products.product_id

)

select
    product_id,
    name,
    category,
    reviews,
    average_rating,
    weighted_rating,
    cast(row_number() over (
        partition by category
        order by round(cast(weighted_rating as numeric(12, 6)), 6) desc, product_id
    ) as integer) as category_rank
from weighted
