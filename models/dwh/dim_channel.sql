-- The channels in the order in which attribution asks for them.
{% for rule in var('attribution_rules') %}
select
    md5('{{ rule.channel }}') as channel_key,
    cast('{{ rule.channel }}' as text) as channel,
    cast('{{ rule.label }}' as text) as label,
    cast({{ loop.index }} as integer) as rule_order,
    cast({{ 'true' if rule.paid else 'false' }} as boolean) as is_paid,
    cast({{ 'null' if rule.window_minutes is none else rule.window_minutes * 60 }} as bigint) as window_seconds
{% if not loop.last %}union all{% endif %}
{% endfor %}
