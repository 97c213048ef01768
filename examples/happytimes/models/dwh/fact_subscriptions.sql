-- One row a subscription, from its beginning to its end, with the campaign that it is credited to.
with periods as (

    select
        event_id as subscription_id,
        user_id,
        event,
        happened_at as subscribed_at,
        lead(happened_at) over (partition by user_id order by happened_at, event_id) as cancelled_at
    from {{ ref('stg_subscription_events') }}

),

touches as (

    select
        periods.subscription_id,
        visits.campaign_id,
        row_number() over (
            partition by periods.subscription_id
            order by visits.visited_at desc, visits.visit_id desc
        ) as recency
    from periods
    inner join {{ ref('fact_visits') }} as visits
        on visits.user_id = periods.user_id
        and visits.campaign_id is not null
        and visits.visited_at <= periods.subscribed_at
        and visits.visited_at >= periods.subscribed_at - interval '{{ var("campaign_window_days") }} days'
    where periods.event = 'subscribe'

)

select
    periods.subscription_id,
    periods.user_id,
    periods.subscribed_at,
    cast(periods.subscribed_at as date) as date_day,
    periods.cancelled_at,
    touches.campaign_id
from periods
left join touches
    on touches.subscription_id = periods.subscription_id
    and touches.recency = 1
where periods.event = 'subscribe'
