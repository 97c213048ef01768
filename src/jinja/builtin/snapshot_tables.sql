{# Snapshots by macros: what changed is gathered in a temporary table, and merged from there. The engine
   goes this way where a project overrides one of these; otherwise one statement does it all. #}

{% materialization _snapshot_by_macros, default %}
    {%- set exists, target = get_or_create_relation(database=model.database, schema=model.schema, identifier=model.alias, type='table') -%}
    {%- if not target.is_table -%}
        {%- do exceptions.relation_wrong_type('Trying to create table ' ~ target ~ ', but it currently exists as a ' ~ target.type) -%}
    {%- endif -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set recognise = strategy_dispatch(config.get('strategy')) -%}
    {%- set strategy = recognise(model, 'snapshotted_data', 'source_data', model['config'], exists) -%}
    {%- if exists -%}
        {%- set staging = build_snapshot_staging_table(strategy, sql, target) -%}
        {%- do adapter.expand_target_column_types(from_relation=staging, to_relation=target) -%}
        {%- set own = _snapshot_staging_columns(strategy.unique_key) -%}
        {%- do create_columns(target, adapter.get_missing_columns(staging, target) | rejectattr('name', 'in', own) | list) -%}
        {%- set names = [] -%}
        {%- for column in adapter.get_columns_in_relation(staging) if column.name not in own -%}
            {%- do names.append(adapter.quote(column.name)) -%}
        {%- endfor -%}
        {%- set statement_text = snapshot_merge_sql(target=target, source=staging, insert_cols=names) -%}
    {%- else -%}
        {%- set statement_text = create_table_as(False, target, build_snapshot_table(strategy, model['compiled_code'])) -%}
    {%- endif -%}
    {%- call statement('main') -%}{{ statement_text }}{%- endcall -%}
    {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(exists, full_refresh_mode=False)) -%}
    {%- do persist_docs(target, model) -%}
    {%- if not exists -%}{%- do create_indexes(target) -%}{%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {%- if staging is defined -%}{%- do post_snapshot(staging) -%}{%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{#- Columns of the temporary table that are none of the snapshot's. -#}
{%- macro _snapshot_staging_columns(unique_key) -%}
    {%- set names = ['dbt_change_type', 'DBT_CHANGE_TYPE', 'dbt_unique_key', 'DBT_UNIQUE_KEY'] -%}
    {%- if unique_key is not string -%}
        {%- for _ in unique_key -%}
            {%- do names.extend(['dbt_unique_key_' ~ loop.index, 'DBT_UNIQUE_KEY_' ~ loop.index]) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(names) }}
{%- endmacro -%}

{%- macro create_columns(relation, columns) -%}{{ adapter.dispatch('create_columns', 'dbt')(relation, columns) }}{%- endmacro -%}
{%- macro default__create_columns(relation, columns) -%}
    {%- for column in columns -%}
        {%- call statement() -%}
            alter table {{ relation.render() }} add column {{ adapter.quote(column.name) }} {{ column.expanded_data_type }};
        {%- endcall -%}
    {%- endfor -%}
{%- endmacro -%}

{%- macro build_snapshot_table(strategy, sql) -%}{{ adapter.dispatch('build_snapshot_table', 'dbt')(strategy, sql) }}{%- endmacro -%}
{%- macro default__build_snapshot_table(strategy, sql) -%}
    {%- set columns = _snapshot_columns() -%}
    select *,
        {{ strategy.scd_id }} as {{ columns.dbt_scd_id }},
        {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
        {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
        {{ get_dbt_valid_to_current(strategy, columns) }}
        {%- if strategy.hard_deletes == 'new_record' %},
        'False' as {{ columns.dbt_is_deleted }}
        {%- endif %}
    from (
        {{ sql }}
    ) sbq
{%- endmacro -%}

{%- macro build_snapshot_staging_table(strategy, sql, target_relation) -%}
    {%- set staging = make_temp_relation(target_relation) -%}
    {%- call statement('build_snapshot_staging_relation') -%}
        {{ create_table_as(True, staging, snapshot_staging_table(strategy, sql, target_relation)) }}
    {%- endcall -%}
    {{ return(staging) }}
{%- endmacro -%}

{#- Whether a version is the current one; `prefix` stands before its columns. -#}
{%- macro _snapshot_is_current(columns, prefix='') -%}
    {%- set valid_to = prefix ~ columns.dbt_valid_to -%}
    {%- set current = config.get('dbt_valid_to_current') -%}
    {%- if current -%}({{ equals(valid_to, current | trim) }} or {{ valid_to }} is null)
    {%- else -%}{{ valid_to }} is null
    {%- endif -%}
{%- endmacro -%}

{%- macro snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {{ adapter.dispatch('snapshot_staging_table', 'dbt')(strategy, source_sql, target_relation) }}
{%- endmacro -%}
{%- macro default__snapshot_staging_table(strategy, source_sql, target_relation) -%}
    {%- set columns = _snapshot_columns() -%}
    {%- set key = strategy.unique_key -%}
    {%- set sees_deletes = strategy.hard_deletes in ('invalidate', 'new_record') -%}
    {%- set keeps_deletes = strategy.hard_deletes == 'new_record' -%}
    {%- set was_deleted = 'snapshotted_data.' ~ columns.dbt_is_deleted ~ " = 'True'" -%}
    {%- set matches = unique_key_join_on(key, 'snapshotted_data', 'source_data') -%}
    {%- set changed = strategy.row_changed ~ (' or ' ~ was_deleted if keeps_deletes else '') -%}
    {%- set is_gone = unique_key_is_null(key, 'source_data') ~ (' and not (' ~ was_deleted ~ ' and ' ~ _snapshot_is_current(columns, 'snapshotted_data.') ~ ')' if keeps_deletes else '') -%}
    with snapshot_query as (
        {{ source_sql }}
    ),
    snapshotted_data as (
        select *, {{ unique_key_fields(key) }}
        from {{ target_relation }}
        where {{ _snapshot_is_current(columns) }}
    ),
    insertions_source_data as (
        select *, {{ unique_key_fields(key) }},
            {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
            {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
            {{ get_dbt_valid_to_current(strategy, columns) }},
            {{ strategy.scd_id }} as {{ columns.dbt_scd_id }}
        from snapshot_query
    ),
    updates_source_data as (
        select *, {{ unique_key_fields(key) }},
            {{ strategy.updated_at }} as {{ columns.dbt_updated_at }},
            {{ strategy.updated_at }} as {{ columns.dbt_valid_from }},
            {{ strategy.updated_at }} as {{ columns.dbt_valid_to }}
        from snapshot_query
    ),
    {%- if sees_deletes %}
    deletes_source_data as (
        select *, {{ unique_key_fields(key) }}
        from snapshot_query
    ),
    {%- endif %}
    insertions as (
        select 'insert' as dbt_change_type, source_data.*{{ ", 'False' as " ~ columns.dbt_is_deleted if keeps_deletes }}
        from insertions_source_data as source_data
        left join snapshotted_data on {{ matches }}
        where {{ unique_key_is_null(key, 'snapshotted_data') }}
            or ({{ unique_key_is_not_null(key, 'snapshotted_data') }} and ({{ changed }}))
    ),
    updates as (
        select 'update' as dbt_change_type, source_data.*, snapshotted_data.{{ columns.dbt_scd_id }}
            {{- ', snapshotted_data.' ~ columns.dbt_is_deleted if keeps_deletes }}
        from updates_source_data as source_data
        join snapshotted_data on {{ matches }}
        where {{ changed }}
    )
    {%- if sees_deletes %},
    deletes as (
        select 'delete' as dbt_change_type, source_data.*,
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
            {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_to }},
            snapshotted_data.{{ columns.dbt_scd_id }}
            {{- ', snapshotted_data.' ~ columns.dbt_is_deleted if keeps_deletes }}
        from snapshotted_data
        left join deletes_source_data as source_data on {{ matches }}
        where {{ is_gone }}
    )
    {%- endif %}
    {%- if keeps_deletes %},
    deletion_records as (
        {%- set standing = get_list_of_column_names(get_columns_in_relation(target_relation)) %}
        select 'insert' as dbt_change_type,
            {%- for name in get_columns_in_query(source_sql) %}
            {{ 'snapshotted_data' if name in standing else 'source_data' }}.{{ adapter.quote(name) }},
            {%- endfor %}
            {%- if key is string %}
            snapshotted_data.dbt_unique_key,
            {%- else %}
            {%- for _ in key %}
            snapshotted_data.dbt_unique_key_{{ loop.index }},
            {%- endfor %}
            {%- endif %}
            {{ snapshot_get_time() }} as {{ columns.dbt_valid_from }},
            {{ snapshot_get_time() }} as {{ columns.dbt_updated_at }},
            snapshotted_data.{{ columns.dbt_valid_to }} as {{ columns.dbt_valid_to }},
            {{ snapshot_hash_arguments([columns.dbt_scd_id, snapshot_get_time()]) }} as {{ columns.dbt_scd_id }},
            'True' as {{ columns.dbt_is_deleted }}
        from snapshotted_data
        left join deletes_source_data as source_data on {{ matches }}
        where {{ is_gone }}
    )
    {%- endif %}
    select * from insertions
    union all
    select * from updates
    {%- if sees_deletes %}
    union all
    select * from deletes
    {%- endif %}
    {%- if keeps_deletes %}
    union all
    select * from deletion_records
    {%- endif %}
{%- endmacro -%}

{%- macro snapshot_merge_sql(target, source, insert_cols) -%}
    {{ adapter.dispatch('snapshot_merge_sql', 'dbt')(target, source, insert_cols) }}
{%- endmacro -%}
{%- macro default__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set columns = _snapshot_columns() -%}
    merge into {{ target.render() }} as dbt_internal_dest
    using {{ source }} as dbt_internal_source
    on dbt_internal_source.{{ columns.dbt_scd_id }} = dbt_internal_dest.{{ columns.dbt_scd_id }}
    when matched and {{ _snapshot_is_current(columns, 'dbt_internal_dest.') }}
        and dbt_internal_source.dbt_change_type in ('update', 'delete')
        then update set {{ columns.dbt_valid_to }} = dbt_internal_source.{{ columns.dbt_valid_to }}
    when not matched and dbt_internal_source.dbt_change_type = 'insert'
        then insert ({{ insert_cols | join(', ') }})
        values ({{ insert_cols | join(', ') }})
{%- endmacro -%}
{%- macro postgres__snapshot_merge_sql(target, source, insert_cols) -%}
    {%- set columns = _snapshot_columns() -%}
    update {{ target }}
    set {{ columns.dbt_valid_to }} = dbt_internal_source.{{ columns.dbt_valid_to }}
    from {{ source }} as dbt_internal_source
    where dbt_internal_source.{{ columns.dbt_scd_id }}::text = {{ target }}.{{ columns.dbt_scd_id }}::text
        and dbt_internal_source.dbt_change_type::text in ('update'::text, 'delete'::text)
        and {{ _snapshot_is_current(columns, target ~ '.') }};

    insert into {{ target }} ({{ insert_cols | join(', ') }})
    select {% for name in insert_cols %}dbt_internal_source.{{ name }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ source }} as dbt_internal_source
    where dbt_internal_source.dbt_change_type::text = 'insert'::text;
{%- endmacro -%}

{%- macro get_updated_at_column_data_type(snapshot_sql) -%}
    {%- for column in get_column_schema_from_query(snapshot_sql) if column.name | lower == 'dbt_updated_at' -%}
        {{ return(column.dtype or none) }}
    {%- endfor -%}
    {{ return(none) }}
{%- endmacro -%}

{%- macro check_time_data_types(sql) -%}
    {%- set updated_at, now = get_updated_at_column_data_type(sql), get_snapshot_get_time_data_type() -%}
    {%- if updated_at and now and updated_at != now -%}
        {%- do exceptions.warn_snapshot_timestamp_data_types(now, updated_at) -%}
    {%- endif -%}
{%- endmacro -%}
