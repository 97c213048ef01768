-- Readers with one spelling of their country.
select
    user_id,
    visitor_id,
    coalesce(upper(nullif(trim(country), '')), 'unknown') as country,
    signed_up_at
from {{ ref('src_users') }}
