{{ config(unique_key='checkout_id') }}

-- Each checkout with the earliest click of the same user on the same product within the hour before it.
-- The click may land after the checkout: checkouts of the last days are attributed again.
with checkouts as (

    select *
    from {{ ref('stg_checkouts') }}

    {% if is_incremental() %}
    where checked_out_at >= (
        select max(checked_out_at) - interval '{{ var("lookback_days") }} days'
        from {{ this }}
    )
    {% endif %}

),

candidates as (

    select
        checkouts.checkout_id,
        clicks.click_id,
        clicks.clicked_at,
        clicks.channel,
        clicks.campaign,
        clicks.device,
        row_number() over (
            partition by checkouts.checkout_id
            order by clicks.clicked_at, clicks.click_id
        ) as click_number,
        count(*) over (partition by checkouts.checkout_id) as clicks_in_window
    from checkouts
    inner join {{ ref('stg_clicks') }} as clicks
        on clicks.user_id = checkouts.user_id
        and clicks.product_id = checkouts.product_id
        and clicks.clicked_at <= checkouts.checked_out_at
        and clicks.clicked_at >= checkouts.checked_out_at - interval '{{ var("attribution_minutes") }} minutes'

)

select
    checkouts.checkout_id,
    checkouts.user_id,
    checkouts.product_id,
    checkouts.quantity,
    checkouts.amount,
    checkouts.payment,
    checkouts.checked_out_at,
    candidates.click_id,
    candidates.clicked_at,
    candidates.channel,
    candidates.campaign,
    candidates.device,
    coalesce(candidates.clicks_in_window, 0) as clicks_in_window
from checkouts
left join candidates
    on candidates.checkout_id = checkouts.checkout_id
    and candidates.click_number = 1
