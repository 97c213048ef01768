-- The funnel for each source: who came, who signed up, who subscribed. A visitor belongs to the source of
-- the first visit.
with firsts as (

    select
        visitor_id,
        source,
        row_number() over (partition by visitor_id order by visited_at, visit_id) as visit_number
    from {{ ref('fact_visits') }}

),

visits as (

    select source, count(*) as visits
    from {{ ref('fact_visits') }}
    group by source

),

visitors as (

    select
        firsts.source,
        count(*) as visitors,
        count(users.user_id) as signed_up,
        count(users.first_subscribed_at) as subscribed
    from firsts
    left join {{ ref('dim_user') }} as users on users.visitor_id = firsts.visitor_id
    where firsts.visit_number = 1
    group by firsts.source

)

select
    visits.source,
    visits.visits,
    coalesce(visitors.visitors, 0) as visitors,
    coalesce(visitors.signed_up, 0) as signed_up,
    coalesce(visitors.subscribed, 0) as subscribed,
    cast(visitors.signed_up as double precision) / visitors.visitors as sign_up_rate,
    cast(visitors.subscribed as double precision) / visitors.visitors as subscription_rate
from visits
left join visitors on visitors.source = visits.source
