-- Nobody subscribes without signing up, nobody signs up without a visit.
select source, visitors, signed_up, subscribed
from {{ ref('visitors_by_source') }}
where subscribed > signed_up or signed_up > visitors or visitors > visits
