-- Outlets with their types.
select
    cast(outlet_id as integer) as outlet_id,
    name,
    country,
    kind
from {{ ref('raw_outlets') }}
