{% set channels = var('attribution_rules') | map(attribute='channel') | list %}

-- One row a day, from visits to registrations; days without any count as 0.
with visits as (

    select
        date_key,
        count(*) as sessions,
        count(*) filter (where is_paid) as paid_sessions,
        count(distinct user_key) as visitors
    from {{ ref('fact_sessions') }}
    group by date_key

),

registrations as (

    select
        facts.date_key,
        count(*) as registrations
        {%- for channel in channels %},
        count(*) filter (where credits.channel = '{{ channel }}') as registrations_{{ channel }}
        {%- endfor %}
    from {{ ref('fact_registrations') }} as facts
    inner join {{ ref('channel_attribution') }} as credits
        on credits.registration_key = facts.registration_key
    group by facts.date_key

)

select
    dates.date_day,
    coalesce(visits.sessions, cast(0 as bigint)) as sessions,
    coalesce(visits.paid_sessions, cast(0 as bigint)) as paid_sessions,
    coalesce(visits.visitors, cast(0 as bigint)) as visitors,
    coalesce(registrations.registrations, cast(0 as bigint)) as registrations
    {%- for channel in channels %},
    coalesce(registrations.registrations_{{ channel }}, cast(0 as bigint)) as registrations_{{ channel }}
    {%- endfor %},
    cast(coalesce(registrations.registrations, cast(0 as bigint)) as double precision)
    / cast(visits.visitors as double precision) as registrations_per_visitor
from {{ ref('dim_date') }} as dates
left join visits on visits.date_key = dates.date_key
left join registrations on registrations.date_key = dates.date_key
