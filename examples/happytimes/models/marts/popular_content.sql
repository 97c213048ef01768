-- What subscribers like most: contents by the number of subscribers who opened them.
with popularity as (

    select
        content_id,
        count(distinct user_id) as subscribers,
        count(*) as views,
        sum(seconds) as seconds
    from {{ ref('fact_content_views') }}
    where by_subscriber
    group by content_id

)

select
    cast(row_number() over (
        order by popularity.subscribers desc, popularity.views desc, popularity.content_id
    ) as integer) as popularity_rank,
    popularity.content_id,
    contents.title,
    contents.category,
    contents.kind,
    contents.is_premium,
    popularity.subscribers,
    popularity.views,
    cast(popularity.seconds as double precision) / popularity.views as average_seconds
from popularity
inner join {{ ref('dim_content') }} as contents on contents.content_id = popularity.content_id
