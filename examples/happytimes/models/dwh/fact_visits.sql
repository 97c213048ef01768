-- One row a visit. A visit without a login belongs to whoever signed up in that browser.
select
    visits.visit_id,
    visits.visitor_id,
    coalesce(visits.user_id, users.user_id) as user_id,
    visits.visited_at,
    cast(visits.visited_at as date) as date_day,
    visits.source,
    case
        when visits.campaign_id is null then null
        else coalesce(campaigns.campaign_id, -1)
    end as campaign_id,
    visits.device,
    visits.received_at
from {{ ref('stg_visits') }} as visits
left join {{ ref('stg_users') }} as users on users.visitor_id = visits.visitor_id
left join {{ ref('src_campaigns') }} as campaigns on campaigns.campaign_id = visits.campaign_id
