-- Critical: attribution neither loses nor doubles a registration.
with counted as (

    select
        (select count(*) from {{ ref('fact_registrations') }}) as registrations,
        (select count(*) from {{ ref('channel_attribution') }}) as attributed

)

select * from counted
where registrations <> attributed
