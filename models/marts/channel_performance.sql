-- How well each channel turns visitors into registered users.
with visits as (

    select
        channel_key,
        count(*) as sessions,
        count(distinct user_key) as visitors
    from {{ ref('fact_sessions') }}
    group by channel_key

),

credits as (

    select
        channel_key,
        count(*) as registrations,
        cast(sum(seconds_to_convert) as double precision)
        / cast(nullif(count(seconds_to_convert), 0) as double precision) as average_seconds_to_convert
    from {{ ref('channel_attribution') }}
    group by channel_key

)

select
    channels.rule_order,
    channels.channel,
    channels.label,
    coalesce(visits.sessions, cast(0 as bigint)) as sessions,
    coalesce(visits.visitors, cast(0 as bigint)) as visitors,
    coalesce(credits.registrations, cast(0 as bigint)) as registrations,
    cast(coalesce(credits.registrations, cast(0 as bigint)) as double precision)
    / cast(visits.visitors as double precision) as conversion_rate,
    credits.average_seconds_to_convert
from {{ ref('dim_channel') }} as channels
left join visits on visits.channel_key = channels.channel_key
left join credits on credits.channel_key = channels.channel_key
