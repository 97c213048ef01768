#!/usr/bin/env python3
"""Writes a project of N layered models, the same one for the same N.

    generate.py MODELS FOLDER [--views] [--no-tests]

Layers of shrinking size, each model with one to three refs into the layer before it, a config() call,
a call of one of a few macros, and a YAML entry with a description and about two tests a model. The
project runs on Postgres (profile `bench`, see `profiles.yml` written beside it, which reads
BENCH_HOST, BENCH_PORT, BENCH_USER, BENCH_PASSWORD, BENCH_DATABASE, BENCH_SCHEMA) under Aquifer and
under dbt alike, so both can be timed on it.

--views      only `select` of a constant in every model, all views: the cost of a run is the engine's own
--no-tests   no tests
"""

import argparse
import pathlib
import random

LAYERS = ("staging", "intermediate", "core", "marts", "reports")
SHARES = (0.35, 0.25, 0.2, 0.12, 0.08)
MODELS_A_FILE = 20

PROJECT = """\
name: bench
version: "1.0"
config-version: 2
profile: bench
model-paths: [models]
macro-paths: [macros]
seed-paths: [seeds]
vars:
  start_date: "2024-01-01"
models:
  bench:
    +materialized: view
    staging:
      +tags: [staging]
    marts:
      +materialized: {marts}
"""

PROFILES = """\
bench:
  target: dev
  outputs:
    dev:
      type: postgres
      host: "{{ env_var('BENCH_HOST', 'localhost') }}"
      port: "{{ env_var('BENCH_PORT', '5432') | as_number }}"
      user: "{{ env_var('BENCH_USER', 'postgres') }}"
      password: "{{ env_var('BENCH_PASSWORD', 'postgres') }}"
      dbname: "{{ env_var('BENCH_DATABASE', 'postgres') }}"
      schema: "{{ env_var('BENCH_SCHEMA', 'bench') }}"
      threads: 8
"""

MACROS = """\
{% macro cents_to_units(column, digits=2) -%}
  round({{ column }} / 100.0, {{ digits }})
{%- endmacro %}

{% macro surrogate_key(columns) -%}
  md5({% for column in columns %}coalesce(cast({{ column }} as text), ''){% if not loop.last %} || '-' || {% endif %}{% endfor %})
{%- endmacro %}

{% macro since_start(column) -%}
  {{ column }} >= cast('{{ var("start_date") }}' as date)
{%- endmacro %}

{% macro limit_in_dev(column) %}
  {% if target.name == 'dev' %}
    and {{ column }} is not null
  {% endif %}
{% endmacro %}
"""


def sizes(total):
    """How many models each layer has; at least one a layer."""
    counts = [max(1, int(total * share)) for share in SHARES]
    counts[0] += total - sum(counts)
    return counts


def first_layer(name, views):
    if views:
        return "select 1 as id, 100 as amount, cast('2024-02-01' as date) as day\n"
    return f"""\
{{{{ config(materialized='view', tags=['layer_staging']) }}}}

with source as (
    select * from {{{{ source('raw', 'events') }}}}
),

renamed as (
    select
        id,
        {{{{ surrogate_key(['id', 'day']) }}}} as {name}_key,
        {{{{ cents_to_units('amount') }}}} as amount,
        day
    from source
    where {{{{ since_start('day') }}}}
    {{{{ limit_in_dev('day') }}}}
)

select * from renamed
"""


def later_layer(name, layer, parents, choose, views):
    if views:
        return "select id, amount, day from {{ ref('%s') }}\n" % parents[0]
    materialized = choose.choice(("view", "view", "table")) if layer != "marts" else "table"
    joins = "".join(
        f"left join {{{{ ref('{parent}') }}}} as p{index} on p0.id = p{index}.id\n"
        for index, parent in enumerate(parents)
        if index
    )
    return f"""\
{{{{ config(materialized='{materialized}', tags=['layer_{layer}']) }}}}

select
    p0.id,
    {{{{ cents_to_units('p0.amount', digits=3) }}}} as amount,
    {{{{ surrogate_key(['p0.id', "'{name}'"]) }}}} as {name}_key,
    p0.day
from {{{{ ref('{parents[0]}') }}}} as p0
{joins}where {{{{ since_start('p0.day') }}}}
{{% if is_incremental() %}}
  and p0.day > (select max(day) from {{{{ this }}}})
{{% endif %}}
"""


def properties(name, tests):
    text = f"""\
  - name: {name}
    description: "What {name} holds, one row an id."
    columns:
      - name: id
        description: The id.
"""
    if tests:
        text += "        data_tests: [unique, not_null]\n"
    return text + "      - name: amount\n        description: In units, not in cents.\n"


SOURCES = """\
version: 2
sources:
  - name: raw
    schema: "{{ env_var('BENCH_SCHEMA', 'bench') }}"
    tables:
      - name: events
        description: What happened.
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_layer(folder, layer, names, options):
    for start in range(0, len(names), MODELS_A_FILE):
        some = names[start : start + MODELS_A_FILE]
        text = "version: 2\nmodels:\n" + "".join(properties(name, not options.no_tests) for name in some)
        write(folder / "models" / layer / f"_{layer}_{start // MODELS_A_FILE:04}.yml", text)


def generate(options):
    folder, choose = options.folder, random.Random(options.models)
    marts = "view" if options.views else "table"
    write(folder / "dbt_project.yml", PROJECT.format(marts=marts))
    write(folder / "profiles.yml", PROFILES)
    write(folder / "macros" / "shared.sql", MACROS)
    if not options.views:
        write(folder / "models" / "sources.yml", SOURCES)
        rows = "".join(f"{number},{number * 7},2024-02-{number % 28 + 1:02}\n" for number in range(1, 101))
        write(folder / "seeds" / "events.csv", "id,amount,day\n" + rows)
    before = []
    for layer, count in zip(LAYERS, sizes(options.models)):
        names = [f"{layer}_{number:05}" for number in range(count)]
        for number, name in enumerate(names):
            parents = choose.sample(before, min(len(before), choose.randint(1, 3)))
            text = later_layer(name, layer, parents, choose, options.views) if before else first_layer(name, options.views)
            write(folder / "models" / layer / f"group_{number // 100:03}" / f"{name}.sql", text)
        write_layer(folder, layer, names, options)
        before = names


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=int)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--views", action="store_true")
    parser.add_argument("--no-tests", action="store_true")
    options = parser.parse_args()
    if options.models < len(LAYERS):
        parser.error(f"at least {len(LAYERS)} models: one a layer")
    generate(options)


if __name__ == "__main__":
    main()
