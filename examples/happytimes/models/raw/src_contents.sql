-- Articles, videos and podcasts with their types.
select
    cast(content_id as integer) as content_id,
    title,
    category,
    kind,
    cast(is_premium as boolean) as is_premium,
    cast(published_at as timestamp) as published_at
from {{ ref('raw_contents') }}
