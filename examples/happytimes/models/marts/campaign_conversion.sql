-- What each campaign brought and what that cost.
with visitors as (

    select
        campaign_id,
        count(*) as visits,
        count(distinct visitor_id) as visitors
    from {{ ref('fact_visits') }}
    where campaign_id is not null
    group by campaign_id

),

subscriptions as (

    select
        campaign_id,
        count(*) as subscriptions,
        count(distinct user_id) as subscribers
    from {{ ref('fact_subscriptions') }}
    where campaign_id is not null
    group by campaign_id

)

select
    campaigns.campaign_id,
    campaigns.name,
    campaigns.channel,
    campaigns.budget,
    coalesce(visitors.visits, 0) as visits,
    coalesce(visitors.visitors, 0) as visitors,
    coalesce(subscriptions.subscriptions, 0) as subscriptions,
    cast(coalesce(subscriptions.subscribers, 0) as double precision)
        / nullif(visitors.visitors, 0) as conversion_rate,
    cast(campaigns.budget as double precision) / subscriptions.subscriptions as cost_per_subscription
from {{ ref('dim_campaign') }} as campaigns
left join visitors on visitors.campaign_id = campaigns.campaign_id
left join subscriptions on subscriptions.campaign_id = campaigns.campaign_id
