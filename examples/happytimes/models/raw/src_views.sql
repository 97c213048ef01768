-- Views of contents with their types.
select
    cast(view_id as bigint) as view_id,
    cast(visit_id as bigint) as visit_id,
    cast(content_id as integer) as content_id,
    cast(viewed_at as timestamp) as viewed_at,
    cast(seconds as integer) as seconds
from {{ ref('raw_views') }}
