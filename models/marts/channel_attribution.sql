-- One row a registration, with the channel that is credited for it.
with ranked as (

    select
        *,
        row_number() over (
            partition by registration_key
            order by rule_order, session_started_at desc, medium, session_key
        ) as place
    from {{ ref('int_registration_touches') }}

)

select
    registrations.registration_key,
    registrations.user_key,
    users.user_id,
    registrations.registered_at,
    coalesce(touches.channel_key, md5('direct')) as channel_key,
    coalesce(touches.channel, 'direct') as channel,
    touches.session_key,
    touches.session_started_at as touched_at,
    touches.medium,
    touches.seconds_to_convert
from {{ ref('fact_registrations') }} as registrations
inner join {{ ref('dim_user') }} as users
    on users.user_key = registrations.user_key
left join ranked as touches
    on touches.registration_key = registrations.registration_key
    and touches.place = 1
