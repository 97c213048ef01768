-- How outlets write about Happy Times.
{% set sentiments = ['positive', 'neutral', 'negative'] %}
with counts as (

    select
        outlet_id,
        count(*) as mentions,
        {% for sentiment in sentiments %}
        sum(case when sentiment = '{{ sentiment }}' then 1 else 0 end) as {{ sentiment }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ ref('fact_mentions') }}
    group by outlet_id

)

select
    outlets.outlet_id,
    outlets.name,
    outlets.kind,
    coalesce(counts.mentions, 0) as mentions,
    {% for sentiment in sentiments %}
    coalesce(counts.{{ sentiment }}, 0) as {{ sentiment }},
    {% endfor %}
    cast(counts.positive - counts.negative as double precision) / counts.mentions as net_sentiment
from {{ ref('dim_outlet') }} as outlets
left join counts on counts.outlet_id = outlets.outlet_id
