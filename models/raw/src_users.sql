-- Changes of user attributes with their types.
select
    cast(nullif(trim(cast(user_id as text)), '') as bigint) as user_id,
    cast(country as text) as country,
    cast(plan as text) as plan,
    cast(updated_at as timestamp) as updated_at
from {% if var('use_seeds') %}{{ ref('raw_users') }}{% else %}{{ source('product', 'users') }}{% endif %}
