{# Snapshots: what a strategy is made of. A project's own `snapshot_<name>_strategy` builds on these. #}

{%- macro snapshot_get_time() -%}{{ adapter.dispatch('snapshot_get_time', 'dbt')() }}{%- endmacro -%}
{%- macro default__snapshot_get_time() -%}{{ current_timestamp() }}{%- endmacro -%}
{%- macro postgres__snapshot_get_time() -%}{{ current_timestamp() }}::timestamp without time zone{%- endmacro -%}

{%- macro get_snapshot_get_time_data_type() -%}
    {{ return(get_column_schema_from_query('select ' ~ snapshot_get_time() ~ ' as dbt_snapshot_time')[0].dtype or none) }}
{%- endmacro -%}

{%- macro snapshot_string_as_time(timestamp) -%}{{ return(adapter.dispatch('snapshot_string_as_time', 'dbt')(timestamp)) }}{%- endmacro -%}
{%- macro default__snapshot_string_as_time(timestamp) -%}{{ return("cast('" ~ timestamp ~ "' as timestamp)") }}{%- endmacro -%}
{%- macro postgres__snapshot_string_as_time(timestamp) -%}{{ return("'" ~ timestamp ~ "'::timestamp without time zone") }}{%- endmacro -%}

{%- macro snapshot_hash_arguments(args) -%}{{ adapter.dispatch('snapshot_hash_arguments', 'dbt')(args) }}{%- endmacro -%}
{%- macro default__snapshot_hash_arguments(args) -%}
    {%- set parts = [] -%}
    {%- for arg in args -%}
        {%- do parts.append('coalesce(cast(' ~ arg ~ " as varchar), '')") -%}
    {%- endfor -%}
    md5({{ parts | join(" || '|' || ") }})
{%- endmacro -%}

{%- macro get_true_sql() -%}{{ return(adapter.dispatch('get_true_sql', 'dbt')()) }}{%- endmacro -%}
{%- macro default__get_true_sql() -%}{{ return('TRUE') }}{%- endmacro -%}

{%- macro get_snapshot_table_column_names() -%}
    {%- set names = {} -%}
    {%- for name in ['dbt_valid_to', 'dbt_valid_from', 'dbt_scd_id', 'dbt_updated_at', 'dbt_is_deleted'] -%}
        {%- do names.update({name: name}) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}

{#- The added columns' names, those of the config first. -#}
{%- macro _snapshot_columns() -%}
    {%- set names = get_snapshot_table_column_names() -%}
    {%- for key, name in (config.get('snapshot_meta_column_names') or {}).items() if name -%}
        {%- do names.update({key: name}) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro -%}

{%- macro _snapshot_strategy(updated_at, row_changed) -%}
    {%- set unique_key = config.get('unique_key') -%}
    {%- set hard_deletes = adapter.get_hard_deletes_behavior(config) -%}
    {{ return({
        'unique_key': unique_key,
        'updated_at': updated_at,
        'row_changed': row_changed,
        'scd_id': snapshot_hash_arguments(api.Relation.scd_args(unique_key, updated_at)),
        'invalidate_hard_deletes': hard_deletes == 'invalidate',
        'hard_deletes': hard_deletes,
    }) }}
{%- endmacro -%}

{%- macro snapshot_timestamp_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
    {%- set updated_at = config.get('updated_at') -%}
    {#- The version's own time: the table need not have the column that is named now. -#}
    {%- set changed = '(' ~ snapshotted_rel ~ '.' ~ _snapshot_columns()['dbt_valid_from'] ~ ' < ' ~ current_rel ~ '.' ~ updated_at ~ ')' -%}
    {{ return(_snapshot_strategy(updated_at, changed)) }}
{%- endmacro -%}

{%- macro snapshot_check_strategy(node, snapshotted_rel, current_rel, model_config, target_exists) -%}
    {%- set updated_at = config.get('updated_at') or snapshot_get_time() -%}
    {%- set column_added, check_cols = snapshot_check_all_get_existing_columns(node, target_exists, config.get('check_cols')) -%}
    {%- set differences = [] -%}
    {%- for column in check_cols -%}
        {%- do differences.append(snapshotted_rel ~ '.' ~ column ~ ' is distinct from ' ~ current_rel ~ '.' ~ column) -%}
    {%- endfor -%}
    {{ return(_snapshot_strategy(updated_at, '(' ~ (get_true_sql() if column_added else differences | join(' or ')) ~ ')')) }}
{%- endmacro -%}

{#- Whether a checked column is new, and those of them that the table has, quoted. -#}
{%- macro snapshot_check_all_get_existing_columns(node, target_exists, check_cols_config) -%}
    {%- if not target_exists -%}{{ return((false, [])) }}{%- endif -%}
    {%- if check_cols_config == 'all' -%}
        {%- set wanted = get_columns_in_query(node['compiled_code']) -%}
    {%- elif check_cols_config is iterable and check_cols_config | length > 0 -%}
        {%- set wanted = get_columns_in_query('select ' ~ check_cols_config | join(', ') ~ ' from (\n' ~ node['compiled_code'] ~ '\n) subq') -%}
    {%- else -%}
        {{ exceptions.raise_compiler_error("Invalid value for 'check_cols': " ~ check_cols_config) }}
    {%- endif -%}
    {%- set target = adapter.get_relation(database=node.database, schema=node.schema, identifier=node.alias) -%}
    {%- set standing = adapter.get_columns_in_relation(target) | map(attribute='name') | list -%}
    {%- set known = [] -%}
    {%- for column in wanted if column in standing -%}
        {%- do known.append(adapter.quote(column)) -%}
    {%- endfor -%}
    {{ return((known | length < wanted | length, known)) }}
{%- endmacro -%}

{%- macro strategy_dispatch(name) -%}
    {%- set package, bare = name.split('.', 1) if '.' in name else (none, name) -%}
    {%- set wanted = 'snapshot_' ~ bare ~ '_strategy' -%}
    {%- set found = context.get(wanted) if package is none else context.get(package, {}).get(wanted) -%}
    {%- if not found -%}
        {{ exceptions.raise_compiler_error("The specified strategy macro '" ~ bare ~ "' was not found" ~ (" in package '" ~ package ~ "'" if package else '')) }}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro -%}

{#- Keys, named alike whether there is one or several. -#}

{%- macro unique_key_fields(unique_key) -%}
    {%- if unique_key is string -%}
        {{ unique_key }} as dbt_unique_key
    {%- else -%}
        {%- for key in unique_key -%}
            {{ key }} as dbt_unique_key_{{ loop.index }}{{ ', ' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro unique_key_join_on(unique_key, identifier, from_identifier) -%}
    {%- if unique_key is string -%}
        {{ identifier }}.dbt_unique_key = {{ from_identifier }}.dbt_unique_key
    {%- else -%}
        {%- for key in unique_key -%}
            {{ equals(identifier ~ '.dbt_unique_key_' ~ loop.index, from_identifier ~ '.dbt_unique_key_' ~ loop.index) }}{{ ' and ' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro -%}

{%- macro unique_key_is_null(unique_key, identifier) -%}
    {{ identifier }}.{{ 'dbt_unique_key' if unique_key is string else 'dbt_unique_key_1' }} is null
{%- endmacro -%}

{%- macro unique_key_is_not_null(unique_key, identifier) -%}
    {{ identifier }}.{{ 'dbt_unique_key' if unique_key is string else 'dbt_unique_key_1' }} is not null
{%- endmacro -%}

{%- macro get_dbt_valid_to_current(strategy, columns) -%}
    coalesce(nullif({{ strategy.updated_at }}, {{ strategy.updated_at }}), {{ config.get('dbt_valid_to_current') or 'null' }}) as {{ columns.dbt_valid_to }}
{%- endmacro -%}

{%- macro post_snapshot(staging_relation) -%}{{ adapter.dispatch('post_snapshot', 'dbt')(staging_relation) }}{%- endmacro -%}
{%- macro default__post_snapshot(staging_relation) -%}{%- endmacro -%}
