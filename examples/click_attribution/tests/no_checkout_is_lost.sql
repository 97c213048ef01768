-- Every checkout that landed is in the big table, once.
select landed.checkout_id
from (select distinct checkout_id from {{ ref('src_checkouts') }}) as landed
left join {{ ref('checkouts_wide') }} as wide on wide.checkout_id = landed.checkout_id
where wide.checkout_id is null
