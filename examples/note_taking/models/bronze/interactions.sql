{{ config(materialized='incremental', incremental_strategy='append') }}

-- The days that arrived since the last run. Nothing is changed but names.
select
    user_id,
    "timestamp" as happened_at,
    action_type,
    page_id,
    duration_ms,
    app_version,
    "date" as arrived_on
from {{ source('landing', 'interactions') }}
{% if is_incremental() %}
{# As a constant, the last day keeps the engine from opening the folders before it. #}
where "date" > date '{{ run_query("select max(arrived_on) as last_day from " ~ this).columns["last_day"].values()[0] }}'
{% endif %}
