-- Critical: a registration from before the product existed. Nothing may be built on it.
{{ config(severity='error') }}

select *
from {{ ref('stg_registrations') }}
where registered_at < cast('{{ var("data_starts_on") }}' as timestamp)
