-- A credited click is of the same user and product, and within the window.
select checkouts.checkout_id, checkouts.click_id
from {{ ref('fact_attributed_checkouts') }} as checkouts
inner join {{ ref('stg_clicks') }} as clicks on clicks.click_id = checkouts.click_id
where clicks.user_id <> checkouts.user_id
    or clicks.product_id <> checkouts.product_id
    or clicks.clicked_at > checkouts.checked_out_at
    or clicks.clicked_at < checkouts.checked_out_at - interval '{{ var("attribution_minutes") }} minutes'
