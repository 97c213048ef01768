-- Points of each customer who ever had some.
with balances as (

    select
        user_id,
        sum(case when points > 0 then points else 0 end) as earned,
        -sum(case when points < 0 then points else 0 end) as spent,
        sum(points) as balance,
        max(created_at) as last_changed_at
    from {{ ref('stg_loyalty_points') }}
    group by user_id

)

select
    users.user_id,
    users.name,
    balances.earned,
    balances.spent,
    balances.balance,
    case
        when balances.earned >= 5000 then 'gold'
        when balances.earned >= 2000 then 'silver'
        else 'bronze'
    end as tier,
    balances.last_changed_at
from balances
inner join {{ ref('dim_user') }} as users on users.user_id = balances.user_id
