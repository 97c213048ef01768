{{ config(unique_key='user_key') }}

-- The latest attributes of every user.
with changes as (

    select
        user_id,
        coalesce(nullif(upper(trim(country)), ''), 'unknown') as country,
        lower(trim(plan)) as plan,
        date_trunc('second', updated_at) as updated_at
    from {{ ref('src_users') }}
    where user_id is not null

    {% if is_incremental() %}
        and updated_at >= (
            select coalesce(
                max(updated_at) - interval '{{ var("late_arrival_days") }} days',
                cast('1970-01-01 00:00:00' as timestamp)
            )
            from {{ this }}
        )
    {% endif %}

),

ranked as (

    select
        *,
        row_number() over (
            partition by user_id
            order by updated_at desc, plan, country
        ) as recency
    from changes

)

select
    md5(cast(user_id as text)) as user_key,
    user_id,
    country,
    plan,
    updated_at
from ranked
where recency = 1
