-- Critical: a session from before the product existed. Nothing may be built on it.
{{ config(severity='error') }}

select *
from {{ ref('stg_sessions') }}
where session_started_at < cast('{{ var("data_starts_on") }}' as timestamp)
