-- Data quality: some sessions arrive twice; so many that the tracker must be
-- broken is an error.
{{ config(severity='error', warn_if='> 0', error_if='> 1000') }}

select session_key, times_sent
from {{ ref('stg_sessions') }}
where times_sent > 1
