{{ config(unique_key='session_key', incremental_strategy='merge') }}

-- Sessions of known users, each once.
with cleaned as (

    select
        user_id,
        date_trunc('second', session_started_at) as session_started_at,
        is_paid,
        coalesce(nullif(lower(trim(medium)), ''), 'unknown') as medium
    from {{ ref('src_sessions') }}
    where user_id is not null

    {% if is_incremental() %}
        and session_started_at >= (
            select coalesce(
                max(session_started_at) - interval '{{ var("late_arrival_days") }} days',
                cast('1970-01-01 00:00:00' as timestamp)
            )
            from {{ this }}
        )
    {% endif %}

)

select
    md5(
        cast(user_id as text)
        || '|' || cast(cast(extract(epoch from session_started_at) as bigint) as text)
        || '|' || case when is_paid then 'paid' else 'unpaid' end
        || '|' || medium
    ) as session_key,
    md5(cast(user_id as text)) as user_key,
    user_id,
    session_started_at,
    is_paid,
    medium,
    count(*) as times_sent
from cleaned
group by user_id, session_started_at, is_paid, medium
