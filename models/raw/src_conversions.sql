-- Registrations with their types; a user may stand here twice.
select
    cast(nullif(trim(cast(user_id as text)), '') as bigint) as user_id,
    cast(registered_at as timestamp) as registered_at
from {% if var('use_seeds') %}{{ ref('raw_conversions') }}{% else %}{{ source('product', 'conversions') }}{% endif %}
