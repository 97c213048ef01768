{{ config(unique_key='checkout_id') }}

-- Checkouts, each once: the days that landed since the last run, and the last one again.
with ranked as (

    select
        *,
        row_number() over (partition by checkout_id order by landed_on) as arrival
    from {{ ref('src_checkouts') }}

    {% if is_incremental() %}
    where landed_on >= (select max(landed_on) from {{ this }})
    {% endif %}

)

select
    checkout_id,
    user_id,
    product_id,
    quantity,
    amount,
    payment,
    checked_out_at,
    landed_on
from ranked
where arrival = 1
