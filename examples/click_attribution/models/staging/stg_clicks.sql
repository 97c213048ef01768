{{ config(unique_key='click_id') }}

-- Clicks of known visitors, each once: the days that landed since the last run, and the last one again.
with ranked as (

    select
        *,
        row_number() over (partition by click_id order by landed_on) as arrival
    from {{ ref('src_clicks') }}
    where user_id is not null

    {% if is_incremental() %}
        and landed_on >= (select max(landed_on) from {{ this }})
    {% endif %}

)

select
    click_id,
    user_id,
    product_id,
    channel,
    coalesce(nullif(campaign, ''), 'none') as campaign,
    device,
    clicked_at,
    landed_on
from ranked
where arrival = 1
