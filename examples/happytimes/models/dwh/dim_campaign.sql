-- Campaigns, and one row for those that nobody knows.
select
    campaign_id,
    name,
    channel,
    starts_on,
    ends_on,
    budget
from {{ ref('src_campaigns') }}

union all

select
    -1 as campaign_id,
    'unknown' as name,
    'unknown' as channel,
    cast(null as date) as starts_on,
    cast(null as date) as ends_on,
    cast(0 as numeric(12, 2)) as budget
