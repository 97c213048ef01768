-- Outlets, and one row for those that nobody knows.
select
    outlet_id,
    name,
    upper(country) as country,
    kind
from {{ ref('src_outlets') }}

union all

select -1 as outlet_id, 'unknown' as name, 'unknown' as country, 'unknown' as kind
