-- Clicks as they landed.
select
    click_id,
    user_id,
    product_id,
    channel,
    campaign,
    device,
    clicked_at,
    landed_on
from {{ source('landing', 'clicks') }}
