-- Web sessions with their types; no row is dropped or corrected here.
select
    cast(nullif(trim(cast(user_id as text)), '') as bigint) as user_id,
    cast(session_started_at as timestamp) as session_started_at,
    cast(is_paid as boolean) as is_paid,
    cast(medium as text) as medium
from {% if var('use_seeds') %}{{ ref('raw_sessions') }}{% else %}{{ source('product', 'sessions') }}{% endif %}
