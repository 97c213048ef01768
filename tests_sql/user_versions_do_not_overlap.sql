-- Critical: a user with two current versions would stand twice in dim_user.
select user_key
from {{ ref('user_history') }}
where dbt_valid_to is null
group by user_key
having count(*) > 1
