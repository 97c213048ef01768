{# Dates and times. #}

{%- macro current_timestamp() -%}{{ adapter.dispatch('current_timestamp', 'dbt')() }}{%- endmacro -%}
{%- macro default__current_timestamp() -%}now(){%- endmacro -%}

{%- macro current_timestamp_backcompat() -%}{{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}{%- endmacro -%}
{%- macro default__current_timestamp_backcompat() -%}current_timestamp::timestamp{%- endmacro -%}

{%- macro current_timestamp_in_utc_backcompat() -%}
    {{ return(adapter.dispatch('current_timestamp_in_utc_backcompat', 'dbt')()) }}
{%- endmacro -%}
{%- macro default__current_timestamp_in_utc_backcompat() -%}
    {{ return(adapter.dispatch('current_timestamp_backcompat', 'dbt')()) }}
{%- endmacro -%}
{%- macro postgres__current_timestamp_in_utc_backcompat() -%}(current_timestamp at time zone 'utc')::timestamp{%- endmacro -%}

{%- macro date_trunc(datepart, date) -%}{{ return(adapter.dispatch('date_trunc', 'dbt')(datepart, date)) }}{%- endmacro -%}
{%- macro default__date_trunc(datepart, date) -%}date_trunc('{{ datepart }}', {{ date }}){%- endmacro -%}

{%- macro dateadd(datepart, interval, from_date_or_timestamp) -%}
    {{ return(adapter.dispatch('dateadd', 'dbt')(datepart, interval, from_date_or_timestamp)) }}
{%- endmacro -%}
{%- macro default__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {{ from_date_or_timestamp }} + (interval '1 {{ datepart }}' * ({{ interval }}))
{%- endmacro -%}

{%- macro datediff(first_date, second_date, datepart) -%}
    {{ return(adapter.dispatch('datediff', 'dbt')(first_date, second_date, datepart)) }}
{%- endmacro -%}
{%- macro default__datediff(first_date, second_date, datepart) -%}
    ({{ _boundaries_between(first_date, second_date, datepart) }})::bigint
{%- endmacro -%}
{#- COMPAT: the types of dbt 1.11, since `datediff(...) / 12` means something else for whole numbers. -#}
{%- macro postgres__datediff(first_date, second_date, datepart) -%}
    ({{ _boundaries_between(first_date, second_date, datepart) }})::{{ 'integer' if datepart | lower in ['day', 'week'] else 'double precision' }}
{%- endmacro -%}

{#- How many boundaries of a part lie between two times, as warehouses count them; weeks begin on Sundays. -#}
{%- macro _boundaries_between(first_date, second_date, datepart) -%}
    {%- set part = datepart | lower -%}
    {%- set first, second = '(' ~ first_date ~ ')::timestamp', '(' ~ second_date ~ ')::timestamp' -%}
    {%- set years = "date_part('year', " ~ second ~ ") - date_part('year', " ~ first ~ ')' -%}
    {%- if part == 'year' -%}
        {{ years }}
    {%- elif part in ['quarter', 'month'] -%}
        ({{ years }}) * {{ 4 if part == 'quarter' else 12 }} + date_part('{{ part }}', {{ second }}) - date_part('{{ part }}', {{ first }})
    {%- elif part == 'week' -%}
        {#- The first Sunday is four days before a whole week, counted from 1970. COMPAT: back to the same weekday,
            even within a day, counts one more (dbt 1.11). -#}
        floor((date_part('epoch', date_trunc('day', {{ second }})) + 345600) / 604800) - floor((date_part('epoch', date_trunc('day', {{ first }})) + 345600) / 604800) - case when {{ first }} > {{ second }} and date_part('dow', {{ first }}) = date_part('dow', {{ second }}) then 1 else 0 end
    {%- elif part in ['day', 'hour', 'minute', 'second'] -%}
        {%- set seconds = {'day': 86400, 'hour': 3600, 'minute': 60, 'second': 1}[part] -%}
        (date_part('epoch', date_trunc('{{ part }}', {{ second }})) - date_part('epoch', date_trunc('{{ part }}', {{ first }}))) / {{ seconds }}
    {%- elif part in ['millisecond', 'microsecond'] -%}
        {%- set factor = 1000 if part == 'millisecond' else 1000000 -%}
        round((date_part('epoch', date_trunc('{{ part }}', {{ second }})) * {{ factor }})) - round((date_part('epoch', date_trunc('{{ part }}', {{ first }})) * {{ factor }}))
    {%- else -%}
        {{ exceptions.raise_compiler_error("`datediff` does not know the part '" ~ datepart ~ "'") }}
    {%- endif -%}
{%- endmacro -%}

{%- macro date(year, month, day) -%}{{ return(adapter.dispatch('date', 'dbt')(year, month, day)) }}{%- endmacro -%}
{%- macro default__date(year, month, day) -%}
    to_date('{{ '%04d' | format(year) }}-{{ '%02d' | format(month) }}-{{ '%02d' | format(day) }}', 'YYYY-MM-DD')
{%- endmacro -%}
{%- macro lakehouse__date(year, month, day) -%}make_date({{ year }}, {{ month }}, {{ day }}){%- endmacro -%}

{%- macro last_day(date, datepart) -%}{{ return(adapter.dispatch('last_day', 'dbt')(date, datepart)) }}{%- endmacro -%}
{%- macro default__last_day(date, datepart) -%}{{ default_last_day(date, datepart) }}{%- endmacro -%}
{%- macro default_last_day(date, datepart) -%}
    {#- Adding three months to a quarter's first day is safe; an interval has no quarters everywhere. -#}
    {%- set length = {'quarter': '3 month'}.get(datepart, '1 ' ~ datepart) -%}
    cast(date_trunc('{{ datepart }}', {{ date }}) + interval '{{ length }}' - interval '1 day' as date)
{%- endmacro -%}

{%- macro date_spine(datepart, start_date, end_date) -%}
    {{ return(adapter.dispatch('date_spine', 'dbt')(datepart, start_date, end_date)) }}
{%- endmacro -%}
{%- macro default__date_spine(datepart, start_date, end_date) -%}
with rawdata as (
    {{ generate_series(get_intervals_between(start_date, end_date, datepart)) }}
),
all_periods as (
    select {{ dateadd(datepart, 'row_number() over (order by 1) - 1', start_date) }} as date_{{ datepart }}
    from rawdata
)
select *
from all_periods
where date_{{ datepart }} <= {{ end_date }}
{%- endmacro -%}

{%- macro get_intervals_between(start_date, end_date, datepart) -%}
    {{ return(adapter.dispatch('get_intervals_between', 'dbt')(start_date, end_date, datepart)) }}
{%- endmacro -%}
{%- macro default__get_intervals_between(start_date, end_date, datepart) -%}
    {%- if not execute -%}{{ return(1) }}{%- endif -%}
    {%- set found = run_query('select ' ~ datediff(start_date, end_date, datepart) ~ ' as intervals') -%}
    {{ return(found.columns[0].values()[0] | int) }}
{%- endmacro -%}

{%- macro get_powers_of_two(upper_bound) -%}
    {{ return(adapter.dispatch('get_powers_of_two', 'dbt')(upper_bound)) }}
{%- endmacro -%}
{%- macro default__get_powers_of_two(upper_bound) -%}
    {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('upper bound must be positive') }}{%- endif -%}
    {%- for power in range(1, 100) -%}
        {%- if upper_bound <= 2 ** power -%}{{ return(power) }}{%- endif -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro generate_series(upper_bound) -%}
    {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{%- endmacro -%}
{%- macro default__generate_series(upper_bound) -%}
    {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('upper bound must be positive') }}{%- endif -%}
    select value as generated_number from generate_series(1, {{ upper_bound }}) as series(value) order by value
{%- endmacro -%}
{#- COMPAT: the type that powers of two have in dbt 1.11. -#}
{%- macro postgres__generate_series(upper_bound) -%}
    {%- if upper_bound <= 0 -%}{{ exceptions.raise_compiler_error('upper bound must be positive') }}{%- endif -%}
    select value::double precision as generated_number from generate_series(1, {{ upper_bound }}) as series(value) order by value
{%- endmacro -%}

{#- Dates as text, for partitions. -#}

{%- macro convert_datetime(date_str, date_fmt) -%}
    {%- set message = "The provided partition date '" ~ date_str ~ "' does not match the expected format '" ~ date_fmt ~ "'" -%}
    {{ return(try_or_compiler_error(message, modules.datetime.datetime.strptime, date_str.strip(), date_fmt)) }}
{%- endmacro -%}

{%- macro dates_in_range(start_date_str, end_date_str=none, in_fmt='%Y%m%d', out_fmt='%Y%m%d') -%}
    {%- set first = convert_datetime(start_date_str, in_fmt) -%}
    {%- set last = convert_datetime(start_date_str if end_date_str is none else end_date_str, in_fmt) -%}
    {%- set days = (last - first).days -%}
    {%- if days < 0 -%}
        {{ exceptions.raise_compiler_error('Partition start date is after the end date (' ~ first ~ ', ' ~ last ~ ')') }}
    {%- endif -%}
    {%- set dates = [] -%}
    {%- for day in range(0, days + 1) -%}
        {%- set date = modules.datetime.timedelta(days=day) + first -%}
        {%- do dates.append(date.strftime(out_fmt) if out_fmt else date) -%}
    {%- endfor -%}
    {{ return(dates) }}
{%- endmacro -%}

{%- macro partition_range(raw_partition_date, date_fmt='%Y%m%d') -%}
    {%- set bounds = (raw_partition_date | string).split(',') -%}
    {%- if bounds | length > 2 -%}
        {{ exceptions.raise_compiler_error('Invalid partition time. Expected format: {Start Date}[,{End Date}]. Got: ' ~ raw_partition_date) }}
    {%- endif -%}
    {{ return(dates_in_range(bounds[0], bounds[1] if bounds | length == 2 else none, in_fmt=date_fmt)) }}
{%- endmacro -%}

{%- macro py_current_timestring() -%}
    {{ return(modules.datetime.datetime.now().strftime('%Y%m%d%H%M%S%f')) }}
{%- endmacro -%}
