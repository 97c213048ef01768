{#
    Tests that compare with history. Each is the query that measures: a row per time bucket (null is the
    present) with a column per metric. What is usual, and what is not, the engine decides.
#}

{% test volume_anomaly(
    model, timestamp_column=none, time_bucket=none, training_period=none, detection_period=none, min_training=none,
    sensitivity=none, direction=none, min_change=none, seasonality=none, as_of=none
) %}
    {%- set window = anomaly_window(
        'volume_anomaly', timestamp_column=timestamp_column, time_bucket=time_bucket, training_period=training_period,
        detection_period=detection_period, as_of=as_of
    ) -%}
    {{ return(adapter.dispatch('measured', 'dbt')(model, {'row_count': 'count(*)'}, timestamp_column, window)) }}
{% endtest %}

{% test column_anomaly(
    model, column_name, metrics=none, timestamp_column=none, time_bucket=none, training_period=none,
    detection_period=none, min_training=none, sensitivity=none, direction=none, min_change=none, seasonality=none,
    as_of=none
) %}
    {%- set window = anomaly_window(
        'column_anomaly', timestamp_column=timestamp_column, time_bucket=time_bucket, training_period=training_period,
        detection_period=detection_period, as_of=as_of
    ) -%}
    {%- set wanted = ['null_rate', 'distinct_count'] if metrics is none else metrics -%}
    {%- set wanted = [wanted] if wanted is string else wanted -%}
    {%- set known = adapter.dispatch('column_metrics', 'dbt')(column_name) -%}
    {%- set measures = {} -%}
    {%- for metric in wanted -%}
        {%- if metric not in known -%}
            {{ exceptions.raise_compiler_error(
                "`metrics` of `column_anomaly` names `" ~ metric ~ "`, known are " ~ (known.keys() | join(', '))
            ) }}
        {%- endif -%}
        {%- do measures.update({metric: known[metric]}) -%}
    {%- endfor -%}
    {{ return(adapter.dispatch('measured', 'dbt')(model, measures, timestamp_column, window)) }}
{% endtest %}

{% test freshness_anomaly(
    model, timestamp_column, time_bucket=none, training_period=none, detection_period=none, min_training=none,
    sensitivity=none, direction=none, min_change=none, seasonality=none, as_of=none
) %}
    {%- set window = anomaly_window(
        'freshness_anomaly', timestamp_column=timestamp_column, time_bucket=time_bucket,
        training_period=training_period, detection_period=detection_period, as_of=as_of
    ) -%}
    {{ return(adapter.dispatch('measured_age', 'dbt')(model, timestamp_column, window)) }}
{% endtest %}

{% test schema_changes(model, changes=none) %}
    {%- set columns = adapter.get_columns_in_relation(model) if execute else [] -%}
    {%- if execute and columns | length == 0 -%}
        {{ exceptions.raise_compiler_error(
            "`schema_changes`: " ~ model ~ " has no columns; it must be a relation that exists, without `where`"
        ) }}
    {%- endif -%}
    {%- for column in columns %}
select {{ string_literal(column.name) }} as column_name, {{ string_literal(column.data_type) }} as data_type
{%- if not loop.last %}
union all
{%- endif -%}
    {%- endfor -%}
{% endtest %}

{% macro default__measured(model, measures, timestamp_column, window) %}
select
{%- if timestamp_column %}
    date_trunc('{{ window.bucket }}', cast({{ timestamp_column }} as timestamp)) as time_bucket
{%- else %}
    cast(null as timestamp) as time_bucket
{%- endif -%}
{%- for name, expression in measures.items() %},
    cast({{ expression }} as double precision) as {{ name }}
{%- endfor %}
from {{ model }}
{%- if timestamp_column %}
where cast({{ timestamp_column }} as timestamp) >= timestamp '{{ window.from }}'
    and cast({{ timestamp_column }} as timestamp) < timestamp '{{ window.until }}'
group by 1
{%- endif %}
{% endmacro %}

{% macro default__measured_age(model, timestamp_column, window) %}
{%- set moment = 'cast(' ~ timestamp_column ~ ' as timestamp)' %}
{%- if window.bucket %}
with moments as (

    select distinct {{ moment }} as moment
    from {{ model }}
    where {{ moment }} >= timestamp '{{ window.from }}' and {{ moment }} < timestamp '{{ window.until }}'

),

gaps as (

    select
        date_trunc('{{ window.bucket }}', moment) as time_bucket,
        date_part('epoch', moment) - date_part('epoch', lag(moment) over (order by moment)) as seconds
    from moments

)

select
    time_bucket,
    cast(max(seconds) as double precision) as age_seconds
from gaps
where seconds is not null
group by time_bucket
union all
{%- endif %}
select
    cast(null as timestamp) as time_bucket,
    cast(date_part('epoch', timestamp '{{ window.as_of }}') - date_part('epoch', max({{ moment }})) as double precision)
        as age_seconds
from {{ model }}
where {{ moment }} <= timestamp '{{ window.as_of }}'
{% endmacro %}

{% macro default__column_metrics(column_name) %}
    {%- set column = column_name -%}
    {%- set length = 'length(cast(' ~ column ~ ' as ' ~ type_string() ~ '))' -%}
    {%- set part = {
        'null': 'sum(case when ' ~ column ~ ' is null then 1 else 0 end)',
        'empty': 'sum(case when ' ~ length ~ ' = 0 then 1 else 0 end)',
        'zero': 'sum(case when ' ~ column ~ ' = 0 then 1 else 0 end)',
    } -%}
    {%- set metrics = {
        'distinct_count': 'count(distinct ' ~ column ~ ')',
        'min': 'min(' ~ column ~ ')',
        'max': 'max(' ~ column ~ ')',
        'average': 'avg(' ~ column ~ ')',
        'sum': 'sum(' ~ column ~ ')',
        'standard_deviation': 'stddev(' ~ column ~ ')',
        'min_length': 'min(' ~ length ~ ')',
        'max_length': 'max(' ~ length ~ ')',
        'average_length': 'avg(' ~ length ~ ')',
    } -%}
    {%- for name, count in part.items() -%}
        {%- do metrics.update({
            name ~ '_count': count,
            name ~ '_rate': 'cast(' ~ count ~ ' as double precision) / nullif(count(*), 0)',
        }) -%}
    {%- endfor -%}
    {{ return(metrics) }}
{% endmacro %}
