-- Data quality: users who registered before they were first seen.
{{ config(severity='warn') }}

select registrations.registration_key
from {{ ref('stg_registrations') }} as registrations
inner join {{ ref('stg_sessions') }} as sessions
    on sessions.user_key = registrations.user_key
group by registrations.registration_key, registrations.registered_at
having min(sessions.session_started_at) > registrations.registered_at
