{# What is said of the warehouse as a whole. Macros with a leading underscore are asked by the engine, where
   a project has macros of its own for what they call. #}

{% macro get_catalog_relations(information_schema, relations) -%}
    {{ return(adapter.dispatch('get_catalog_relations', 'dbt')(information_schema, relations)) }}
{%- endmacro %}
{% macro default__get_catalog_relations(information_schema, relations) -%}
    {{ exceptions.raise_compiler_error('get_catalog_relations not implemented for ' ~ adapter.type()) }}
{%- endmacro %}
{% macro postgres__get_catalog_relations(information_schema, relations) -%}
    {%- do adapter.verify_database(information_schema.database) -%}
    {%- call statement('catalog', fetch_result=True) -%}
        select
            {{ string_literal(information_schema.database) }} as table_database,
            n.nspname as table_schema,
            c.relname as table_name,
            case c.relkind when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' else 'BASE TABLE' end as table_type,
            obj_description(c.oid, 'pg_class') as table_comment,
            a.attname as column_name,
            a.attnum as column_index,
            format_type(a.atttypid, a.atttypmod) as column_type,
            col_description(c.oid, a.attnum) as column_comment,
            pg_get_userbyid(c.relowner) as table_owner
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relpersistence in ('p', 'u')
          and (false
            {%- for relation in relations %}
            or upper(n.nspname) = upper({{ string_literal(relation.schema) }})
            {%- if relation.identifier %} and upper(c.relname) = upper({{ string_literal(relation.identifier) }}){% endif -%}
            {%- endfor %})
        order by n.nspname, c.relname, a.attnum
    {%- endcall -%}
    {{ return(load_result('catalog').table) }}
{%- endmacro %}

{% macro get_catalog(information_schema, schemas) -%}
    {{ return(adapter.dispatch('get_catalog', 'dbt')(information_schema, schemas)) }}
{%- endmacro %}
{% macro default__get_catalog(information_schema, schemas) -%}
    {{ exceptions.raise_compiler_error('get_catalog not implemented for ' ~ adapter.type()) }}
{%- endmacro %}
{% macro postgres__get_catalog(information_schema, schemas) -%}
    {%- set relations = [] -%}
    {%- for schema in schemas -%}{%- do relations.append({'schema': schema}) -%}{%- endfor -%}
    {{ return(postgres__get_catalog_relations(information_schema, relations)) }}
{%- endmacro %}

{% macro _catalog(database, schemas, relations) -%}
    {%- set information_schema = api.Relation.create(database=database).information_schema() -%}
    {%- if relations is none -%}
        {%- set table = get_catalog(information_schema, schemas) -%}
    {%- else -%}
        {%- set table = get_catalog_relations(information_schema, relations) -%}
    {%- endif -%}
    {%- set rows = [] -%}
    {%- for row in table -%}{%- do rows.append(row.dict()) -%}{%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}

{% macro _schema_names(database) -%}
    {%- set names = [] -%}
    {%- for row in list_schemas(database) -%}{%- do names.append(row[0]) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{% macro _listed_relations(schema_relation) -%}
    {%- set rows = [] -%}
    {%- for row in list_relations_without_caching(schema_relation) -%}
        {%- do rows.append([row[0], row[1], row[2], row[3]]) -%}
    {%- endfor -%}
    {{ return(rows) }}
{%- endmacro %}

{#- A macro may give the statement's result or, as of old, its table alone. -#}
{% macro _measured_freshness(source, loaded_at_field, filter, loaded_at_query) -%}
    {%- if loaded_at_query is none -%}
        {%- set result = collect_freshness(source, loaded_at_field, filter) -%}
    {%- else -%}
        {%- set result = collect_freshness_custom_sql(source, loaded_at_query) -%}
    {%- endif -%}
    {%- set table = result.table if result.table is defined else result -%}
    {%- set rows = table.rows | list -%}
    {%- if rows | length != 1 or rows[0] | length != 2 -%}
        {{ exceptions.raise_compiler_error('collect_freshness gives one row of two times, and not ' ~ rows | length ~ ' rows') }}
    {%- endif -%}
    {%- set times = [] -%}
    {%- for time in rows[0] -%}
        {%- do times.append(time.isoformat() if time is not none and time is not string else time) -%}
    {%- endfor -%}
    {{ return(times) }}
{%- endmacro %}

{% macro _relation_values(schema_relation) -%}
    {%- set relations = [] -%}
    {%- for row in _listed_relations(schema_relation) -%}
        {%- do relations.append(api.Relation.create(database=row[0], schema=row[2], identifier=row[1], type=row[3])) -%}
    {%- endfor -%}
    {{ return(relations) }}
{%- endmacro %}

{% macro _schema_exists(database, schema) -%}
    {%- set information_schema = api.Relation.create(database=database, schema=schema).information_schema() -%}
    {%- set table = check_schema_exists(information_schema, schema) -%}
    {{ return((table | list)[0][0] > 0) }}
{%- endmacro %}
