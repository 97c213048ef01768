{# Dates and times. #}

{%- macro current_timestamp() -%}{{ adapter.dispatch('current_timestamp', 'dbt')() }}{%- endmacro -%}
{%- macro default__current_timestamp() -%}now(){%- endmacro -%}

{%- macro snapshot_get_time() -%}{{ adapter.dispatch('snapshot_get_time', 'dbt')() }}{%- endmacro -%}
{%- macro default__snapshot_get_time() -%}{{ current_timestamp() }}{%- endmacro -%}
{%- macro postgres__snapshot_get_time() -%}{{ current_timestamp() }}::timestamp without time zone{%- endmacro -%}

{%- macro current_timestamp_backcompat() -%}{{ current_timestamp() }}::timestamp{%- endmacro -%}
{%- macro current_timestamp_in_utc_backcompat() -%}{{ current_timestamp() }}::timestamp{%- endmacro -%}

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
    {#- Boundaries of the part that are crossed, as warehouses count them. -#}
    {%- set part = datepart | lower -%}
    {%- set years -%}(date_part('year', ({{ second_date }})::timestamp) - date_part('year', ({{ first_date }})::timestamp)){%- endset -%}
    {%- if part == 'year' -%}
        ({{ years }})::bigint
    {%- elif part == 'quarter' -%}
        ({{ years }} * 4 + date_part('quarter', ({{ second_date }})::timestamp) - date_part('quarter', ({{ first_date }})::timestamp))::bigint
    {%- elif part == 'month' -%}
        ({{ years }} * 12 + date_part('month', ({{ second_date }})::timestamp) - date_part('month', ({{ first_date }})::timestamp))::bigint
    {%- elif part in ['week', 'day', 'hour', 'minute', 'second'] -%}
        {%- set seconds = {'week': 604800, 'day': 86400, 'hour': 3600, 'minute': 60, 'second': 1}[part] -%}
        ((date_part('epoch', date_trunc('{{ part }}', ({{ second_date }})::timestamp)) - date_part('epoch', date_trunc('{{ part }}', ({{ first_date }})::timestamp))) / {{ seconds }})::bigint
    {%- elif part in ['millisecond', 'microsecond'] -%}
        {%- set factor = 1000 if part == 'millisecond' else 1000000 -%}
        ((date_part('epoch', ({{ second_date }})::timestamp) - date_part('epoch', ({{ first_date }})::timestamp)) * {{ factor }})::bigint
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
{%- macro default__last_day(date, datepart) -%}
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
    select {{ dateadd(datepart, 'generated_number - 1', start_date) }} as date_{{ datepart }}
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
    {{ return((found.columns[0].values()[0] | int) + 1) }}
{%- endmacro -%}

{%- macro generate_series(upper_bound) -%}
    {{ return(adapter.dispatch('generate_series', 'dbt')(upper_bound)) }}
{%- endmacro -%}
{%- macro default__generate_series(upper_bound) -%}
    select value as generated_number from generate_series(1, {{ upper_bound }}) as series(value)
{%- endmacro -%}
