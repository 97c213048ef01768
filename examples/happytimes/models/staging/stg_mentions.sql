-- Mentions with one spelling of each sentiment.
select
    mention_id,
    outlet_id,
    published_at,
    case
        when lower(trim(sentiment)) in ('positive', 'pos') then 'positive'
        when lower(trim(sentiment)) in ('negative', 'neg') then 'negative'
        when lower(trim(sentiment)) = 'neutral' then 'neutral'
        else 'unknown'
    end as sentiment,
    headline
from {{ ref('src_mentions') }}
