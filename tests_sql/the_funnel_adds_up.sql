-- Critical: the days and the channels add up to the facts.
with funnel as (

    select
        sum(sessions) as sessions,
        sum(registrations) as registrations,
        sum(
            {%- for rule in var('attribution_rules') %}
            {%- if not loop.first %} + {% endif %}registrations_{{ rule.channel }}
            {%- endfor -%}
        ) as by_channel
    from {{ ref('daily_funnel') }}

),

facts as (

    select
        (select count(*) from {{ ref('fact_sessions') }}) as sessions,
        (select count(*) from {{ ref('fact_registrations') }}) as registrations

)

select funnel.*
from funnel
cross join facts
where funnel.sessions <> facts.sessions
   or funnel.registrations <> facts.registrations
   or funnel.by_channel <> facts.registrations
