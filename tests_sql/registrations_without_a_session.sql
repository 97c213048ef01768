-- Data quality: users who registered and were never seen on the site.
{{ config(severity='warn') }}

select registrations.registration_key, registrations.user_id
from {{ ref('stg_registrations') }} as registrations
left join {{ ref('stg_sessions') }} as sessions
    on sessions.user_key = registrations.user_key
where sessions.session_key is null
