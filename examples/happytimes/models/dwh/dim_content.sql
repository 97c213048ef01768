-- What can be read, watched and heard.
select
    content_id,
    title,
    category,
    kind,
    is_premium,
    published_at
from {{ ref('src_contents') }}
