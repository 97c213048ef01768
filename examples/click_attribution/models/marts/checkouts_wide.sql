-- One big table for BI: a row for each checkout with all that is known about it.
select
    checkouts.checkout_id,
    checkouts.checked_out_at,
    cast(checkouts.checked_out_at as date) as checkout_day,
    cast(extract(hour from checkouts.checked_out_at) as integer) as checkout_hour,
    checkouts.product_id,
    checkouts.quantity,
    checkouts.amount,
    checkouts.payment,
    checkouts.user_id,
    users.name as user_name,
    coalesce(users.country, 'unknown') as user_country,
    coalesce(users.segment, 'unknown') as user_segment,
    cast(checkouts.checked_out_at as date) - users.signed_up_on as days_since_sign_up,
    checkouts.click_id is not null as is_attributed,
    checkouts.click_id,
    checkouts.clicked_at,
    cast(extract(epoch from checkouts.checked_out_at - checkouts.clicked_at) as bigint) as seconds_to_checkout,
    coalesce(checkouts.channel, 'direct') as channel,
    coalesce(checkouts.campaign, 'none') as campaign,
    checkouts.device,
    checkouts.clicks_in_window
from {{ ref('fact_attributed_checkouts') }} as checkouts
left join {{ ref('users') }} as users on users.user_id = checkouts.user_id
