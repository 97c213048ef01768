-- Everyone who visited, registered or has attributes, as they are now.
with everyone as (

    {% for model in ['stg_users', 'stg_registrations', 'stg_sessions'] %}
    select user_key, user_id from {{ ref(model) }}
    {% if not loop.last %}union{% endif %}
    {% endfor %}

),

visits as (

    select user_key, min(session_started_at) as first_session_at
    from {{ ref('stg_sessions') }}
    group by user_key

),

attributes as (

    select user_key, country, plan, dbt_valid_from
    from {{ ref('user_history') }}
    where dbt_valid_to is null

)

select
    everyone.user_key,
    everyone.user_id,
    coalesce(attributes.country, 'unknown') as country,
    coalesce(attributes.plan, 'unknown') as plan,
    attributes.dbt_valid_from as attributes_valid_from,
    visits.first_session_at,
    registrations.registered_at,
    registrations.user_key is not null as is_registered
from everyone
left join attributes on attributes.user_key = everyone.user_key
left join visits on visits.user_key = everyone.user_key
left join {{ ref('stg_registrations') }} as registrations
    on registrations.user_key = everyone.user_key
