-- Every day from the first visit to the last.
with recursive bounds as (

    select
        cast(min(visited_at) as date) as first_day,
        cast(max(visited_at) as date) as last_day
    from {{ ref('stg_visits') }}

),

days as (

    select first_day as date_day, last_day from bounds
    union all
    select cast(date_day + interval '1 day' as date) as date_day, last_day
    from days
    where date_day < last_day

)

select
    date_day,
    cast(date_trunc('week', date_day) as date) as week_start,
    cast(date_trunc('month', date_day) as date) as month_start,
    cast(extract(isodow from date_day) as integer) as day_of_week,
    cast(extract(isodow from date_day) as integer) >= 6 as is_weekend
from days
