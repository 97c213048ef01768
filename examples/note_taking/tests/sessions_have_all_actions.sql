-- Cutting actions into sessions neither loses nor doubles one.
select *
from (
    select
        (select sum(actions) from {{ ref('sessions') }}) as in_sessions,
        (select count(*) from {{ ref('actions') }}) as in_actions
) as counted
where in_sessions <> in_actions
