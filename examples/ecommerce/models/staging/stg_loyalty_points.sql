-- Points that customers got (above zero) and spent.
select
    entry_id,
    user_id,
    points,
    reason,
    created_at
from {{ source('shop', 'loyalty_points') }}
