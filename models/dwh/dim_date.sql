{% set day_names = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'] %}

-- Every day from the first to the last that anything happened.
with recursive happenings as (

    select cast(session_started_at as date) as date_day from {{ ref('stg_sessions') }}
    union all
    select cast(registered_at as date) as date_day from {{ ref('stg_registrations') }}

),

bounds as (

    select min(date_day) as first_day, max(date_day) as last_day
    from happenings

),

days as (

    select first_day as date_day, last_day from bounds
    union all
    select cast(date_day + interval '1 day' as date) as date_day, last_day
    from days
    where date_day < last_day

),

parts as (

    select
        date_day,
        cast(extract(year from date_day) as integer) as year_number,
        cast(extract(quarter from date_day) as integer) as quarter_number,
        cast(extract(month from date_day) as integer) as month_number,
        cast(extract(day from date_day) as integer) as day_of_month,
        cast(extract(dow from date_day) as integer) as day_of_week,
        cast(extract(week from date_day) as integer) as iso_week
    from days

)

select
    cast(year_number * 10000 + month_number * 100 + day_of_month as integer) as date_key,
    date_day,
    year_number,
    quarter_number,
    month_number,
    day_of_month,
    day_of_week,
    case day_of_week
    {% for name in day_names %}
        when {{ loop.index0 }} then '{{ name }}'
    {% endfor %}
    end as day_name,
    iso_week,
    cast(date_trunc('month', date_day) as date) as month_start,
    day_of_week in (0, 6) as is_weekend
from parts
