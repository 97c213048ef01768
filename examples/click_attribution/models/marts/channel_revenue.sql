-- What each channel is worth.
with clicks as (

    select channel, count(*) as clicks
    from {{ ref('stg_clicks') }}
    group by channel

),

checkouts as (

    select
        channel,
        count(*) as checkouts,
        count(distinct user_id) as customers,
        sum(amount) as revenue,
        avg(seconds_to_checkout) as average_seconds_to_checkout
    from {{ ref('checkouts_wide') }}
    group by channel

)

select
    coalesce(checkouts.channel, clicks.channel) as channel,
    coalesce(clicks.clicks, 0) as clicks,
    coalesce(checkouts.checkouts, 0) as checkouts,
    coalesce(checkouts.customers, 0) as customers,
    coalesce(checkouts.revenue, 0) as revenue,
    cast(checkouts.average_seconds_to_checkout as double precision) as average_seconds_to_checkout,
    cast(checkouts.checkouts as double precision) / clicks.clicks as checkouts_per_click
from checkouts
full join clicks on clicks.channel = checkouts.channel
