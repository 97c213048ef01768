{# Seeds by macros: a table is made or emptied, and rows are inserted in batches. The engine goes this way where
   a project overrides one of these; otherwise it hands all rows to the warehouse at once. #}

{% materialization _seed_by_macros, default %}
    {%- set full_refresh = should_full_refresh() -%}
    {%- set standing = adapter.get_relation(database=database, schema=schema, identifier=model['alias']) -%}
    {%- set is_table = standing is not none and standing.is_table -%}
    {%- set rows = load_agate_table() -%}
    {%- do store_result('agate_table', response='OK', agate_table=rows) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if is_table -%}
        {%- set made = reset_csv_table(model, full_refresh, standing, rows) -%}
    {%- elif standing is not none and standing.is_view -%}
        {{ exceptions.raise_compiler_error("Cannot seed to '" ~ standing.render() ~ "', it is a view") }}
    {%- else -%}
        {%- set made = create_csv_table(model, rows) -%}
    {%- endif -%}
    {%- set count = rows.rows | length -%}
    {%- set code = 'CREATE' if full_refresh else 'INSERT' -%}
    {%- set inserted = load_csv_rows(model, rows) if count else '' -%}
    {%- call noop_statement('main', code ~ ' ' ~ count, code, count) -%}
        {{ get_csv_sql(made, inserted) }};
    {%- endcall -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- do apply_grants(target, config.get('grants'), should_revoke=should_revoke(standing, full_refresh)) -%}
    {%- do persist_docs(target, model) -%}
    {%- if full_refresh or not is_table -%}{%- do create_indexes(target) -%}{%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}

{%- macro create_csv_table(model, agate_table) -%}{{ return(adapter.dispatch('create_csv_table', 'dbt')(model, agate_table)) }}{%- endmacro -%}
{%- macro default__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types') or {} -%}
    {%- set definitions = [] -%}
    {%- for name in agate_table.column_names -%}
        {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) -%}
        {%- do definitions.append(adapter.quote_seed_column(name, model['config'].get('quote_columns')) ~ ' ' ~ type) -%}
    {%- endfor -%}
    {%- set sql = 'create table ' ~ this.render() ~ ' (' ~ definitions | join(', ') ~ ')' -%}
    {%- call statement('_') -%}{{ sql }}{%- endcall -%}
    {{ return(sql) }}
{%- endmacro -%}

{%- macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {{ return(adapter.dispatch('reset_csv_table', 'dbt')(model, full_refresh, old_relation, agate_table)) }}
{%- endmacro -%}
{%- macro default__reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {%- if full_refresh -%}
        {%- do adapter.drop_relation(old_relation) -%}
        {{ return(create_csv_table(model, agate_table)) }}
    {%- endif -%}
    {%- do adapter.truncate_relation(old_relation) -%}
    {{ return('truncate table ' ~ old_relation.render()) }}
{%- endmacro -%}

{%- macro get_csv_sql(create_or_truncate_sql, insert_sql) -%}{{ adapter.dispatch('get_csv_sql', 'dbt')(create_or_truncate_sql, insert_sql) }}{%- endmacro -%}
{%- macro default__get_csv_sql(create_or_truncate_sql, insert_sql) -%}
    {{ create_or_truncate_sql }};
    -- dbt seed --
    {{ insert_sql }}
{%- endmacro -%}

{%- macro get_binding_char() -%}{{ return(adapter.dispatch('get_binding_char', 'dbt')()) }}{%- endmacro -%}
{%- macro default__get_binding_char() -%}{{ return('%s') }}{%- endmacro -%}

{%- macro get_batch_size() -%}{{ return(adapter.dispatch('get_batch_size', 'dbt')()) }}{%- endmacro -%}
{%- macro default__get_batch_size() -%}{{ return(10000) }}{%- endmacro -%}

{%- macro get_seed_column_quoted_csv(model, column_names) -%}
    {%- set names = [] -%}
    {%- for name in column_names -%}
        {%- do names.append(adapter.quote_seed_column(name, model['config'].get('quote_columns'))) -%}
    {%- endfor -%}
    {{ return(names | join(', ')) }}
{%- endmacro -%}

{%- macro load_csv_rows(model, agate_table) -%}{{ return(adapter.dispatch('load_csv_rows', 'dbt')(model, agate_table)) }}{%- endmacro -%}
{%- macro default__load_csv_rows(model, agate_table) -%}
    {%- set columns = get_seed_column_quoted_csv(model, agate_table.column_names) -%}
    {%- set places = [get_binding_char()] * (agate_table.column_names | length) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set values, bindings = [], [] -%}
        {%- for row in chunk -%}
            {%- do values.append('(' ~ places | join(', ') ~ ')') -%}
            {%- do bindings.extend(row) -%}
        {%- endfor -%}
        {%- set sql = 'insert into ' ~ this.render() ~ ' (' ~ columns ~ ') values ' ~ values | join(', ') -%}
        {%- do adapter.add_query(sql, bindings=bindings, abridge_sql_log=True) -%}
        {%- do statements.append(sql) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{%- endmacro -%}
