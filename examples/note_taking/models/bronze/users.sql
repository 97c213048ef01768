{{ config(materialized='table') }}

select
    user_id,
    joined_on,
    device,
    plan,
    country
from {{ source('landing', 'users') }}
