-- Mentions with their types.
select
    cast(mention_id as integer) as mention_id,
    cast(outlet_id as integer) as outlet_id,
    cast(published_at as timestamp) as published_at,
    sentiment,
    headline
from {{ ref('raw_mentions') }}
