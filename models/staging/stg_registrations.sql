{{ config(unique_key='user_key', incremental_strategy='delete+insert') }}

-- The first registration of every user. An incremental run takes up the users
-- who have a recent row, but reads all the rows they have: a second
-- registration must not displace the first.
with conversions as (

    select user_id, date_trunc('second', registered_at) as registered_at
    from {{ ref('src_conversions') }}
    where user_id is not null

),

first_registrations as (

    select
        user_id,
        min(registered_at) as registered_at,
        count(*) as times_registered
    from conversions

    {% if is_incremental() %}
    where user_id in (
        select user_id
        from conversions
        where registered_at >= (
            select coalesce(
                max(registered_at) - interval '{{ var("late_arrival_days") }} days',
                cast('1970-01-01 00:00:00' as timestamp)
            )
            from {{ this }}
        )
    )
    {% endif %}

    group by user_id

)

select
    md5(
        cast(user_id as text)
        || '|' || cast(cast(extract(epoch from registered_at) as bigint) as text)
    ) as registration_key,
    md5(cast(user_id as text)) as user_key,
    user_id,
    registered_at,
    times_registered
from first_registrations
