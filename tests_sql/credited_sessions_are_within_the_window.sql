-- Critical: a credited session lies before the registration, within the window.
select credits.registration_key
from {{ ref('channel_attribution') }} as credits
inner join {{ ref('dim_channel') }} as channels
    on channels.channel_key = credits.channel_key
where credits.touched_at > credits.registered_at
   or credits.seconds_to_convert < 0
   or credits.seconds_to_convert > channels.window_seconds
   or (credits.channel = 'direct' and credits.session_key is not null)
