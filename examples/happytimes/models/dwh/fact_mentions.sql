-- One row a mention.
select
    mentions.mention_id,
    coalesce(outlets.outlet_id, -1) as outlet_id,
    mentions.published_at,
    cast(mentions.published_at as date) as date_day,
    mentions.sentiment,
    mentions.headline
from {{ ref('stg_mentions') }} as mentions
left join {{ ref('src_outlets') }} as outlets on outlets.outlet_id = mentions.outlet_id
