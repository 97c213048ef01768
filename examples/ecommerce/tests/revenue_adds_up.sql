-- What customers spent is what the months brought.
select *
from (
    select
        (select sum(spent) from {{ ref('user_activity') }}) as by_customer,
        (select sum(revenue) from {{ ref('average_check') }}) as by_month
) as sums
where by_customer <> by_month
