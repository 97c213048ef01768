-- An action is one row, whatever the number of its deliveries. Only the last days are looked at: those before
-- were the last days once. After a backfill: --vars 'check_days: 366'.
select user_id, happened_at, action_type, page_id, count(*) as times
from {{ ref('actions') }}
where happened_at >= (select max(happened_at) - interval '{{ var("check_days") }} days' from {{ ref('actions') }})
group by user_id, happened_at, action_type, page_id
having count(*) > 1
