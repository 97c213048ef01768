-- Revenue of each day by channel and country.
select
    checkout_day,
    channel,
    user_country,
    count(*) as checkouts,
    sum(quantity) as items,
    sum(amount) as revenue
from {{ ref('checkouts_wide') }}
group by checkout_day, channel, user_country
