-- One row a session, with the channel it belongs to.
with sessions as (

    select
        *,
        case
            when is_paid and medium = 'search' then 'paid_search'
            when is_paid then 'paid_impression'
            else 'organic'
        end as channel
    from {{ ref('stg_sessions') }}

)

select
    sessions.session_key,
    sessions.user_key,
    channels.channel_key,
    dates.date_key,
    sessions.session_started_at,
    sessions.is_paid,
    sessions.medium,
    sessions.times_sent
from sessions
left join {{ ref('dim_channel') }} as channels
    on channels.channel = sessions.channel
left join {{ ref('dim_date') }} as dates
    on dates.date_day = cast(sessions.session_started_at as date)
