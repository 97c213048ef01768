{{ config(
    materialized='incremental',
    incremental_strategy='merge',
    unique_key='order_id',
) }}

-- Orders as they are now: a run reads those that changed since the last one.
select
    order_id,
    user_id,
    status,
    ordered_at,
    updated_at
from {{ source('shop', 'orders') }}
{% if is_incremental() %}
where updated_at >= (select max(updated_at) from {{ this }})
{% endif %}
