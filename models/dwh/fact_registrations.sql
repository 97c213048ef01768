-- One row a registration, with the visits that led to it.
with visits as (

    select
        registrations.registration_key,
        count(*) as sessions_before,
        min(sessions.session_started_at) as first_session_at
    from {{ ref('stg_registrations') }} as registrations
    inner join {{ ref('stg_sessions') }} as sessions
        on sessions.user_key = registrations.user_key
        and sessions.session_started_at <= registrations.registered_at
    group by registrations.registration_key

)

select
    registrations.registration_key,
    registrations.user_key,
    dates.date_key,
    registrations.registered_at,
    visits.first_session_at,
    coalesce(visits.sessions_before, cast(0 as bigint)) as sessions_before
from {{ ref('stg_registrations') }} as registrations
left join visits on visits.registration_key = registrations.registration_key
left join {{ ref('dim_date') }} as dates
    on dates.date_day = cast(registrations.registered_at as date)
