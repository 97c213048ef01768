-- Campaigns with their types.
select
    cast(campaign_id as integer) as campaign_id,
    name,
    channel,
    cast(starts_on as date) as starts_on,
    cast(ends_on as date) as ends_on,
    cast(budget as numeric(12, 2)) as budget
from {{ ref('raw_campaigns') }}
