{{ config(materialized='ephemeral') }}

-- Every session that could be credited with a registration: at or before it,
-- and within the window of its channel.
with pairs as (

    select
        registrations.registration_key,
        sessions.session_key,
        sessions.channel_key,
        sessions.medium,
        sessions.session_started_at,
        cast(extract(epoch from registrations.registered_at) as bigint)
        - cast(extract(epoch from sessions.session_started_at) as bigint) as seconds_to_convert
    from {{ ref('fact_registrations') }} as registrations
    inner join {{ ref('fact_sessions') }} as sessions
        on sessions.user_key = registrations.user_key
        and sessions.session_started_at <= registrations.registered_at

)

select
    pairs.registration_key,
    pairs.session_key,
    pairs.medium,
    pairs.session_started_at,
    pairs.seconds_to_convert,
    channels.channel_key,
    channels.channel,
    channels.rule_order
from pairs
inner join {{ ref('dim_channel') }} as channels
    on channels.channel_key = pairs.channel_key
    and (channels.window_seconds is null or pairs.seconds_to_convert <= channels.window_seconds)
