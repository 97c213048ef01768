{{ config(materialized='view') }}

-- Where the registered users of each channel come from.
select
    users.country,
    credits.channel,
    count(*) as registrations,
    count(*) filter (where users.plan in ('pro', 'team')) as paying_registrations
from {{ ref('channel_attribution') }} as credits
inner join {{ ref('dim_user') }} as users
    on users.user_key = credits.user_key
group by users.country, credits.channel
