-- The days that have not landed yet.
select * from {{ source('inbox', 'clicks') }}
{% if is_incremental() %}
where landed_on > (select max(landed_on) from {{ this }})
{% endif %}
