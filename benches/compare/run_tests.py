#!/usr/bin/env python3
"""Times 100 generic tests on one large Postgres table, Aquifer against dbt.

    run_tests.py AQUIFER [--dbt DBT] [--rows 10000000] [--runs 3]

The table has an id and fifty columns of small numbers; each column is tested with not_null and
accepted_values. PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name the server; `psql` must be
installed.
"""

import argparse
import os
import pathlib
import shutil
import tempfile

from generate import PROFILES
from measure import machine, median_of, table
from run_views import psql

SCHEMA = "bench_tests"
COLUMNS = 50

PROJECT = 'name: bench\nversion: "1.0"\nconfig-version: 2\nprofile: bench\nmodel-paths: [models]\n'


def properties():
    columns = "".join(
        f"          - name: c{number}\n            data_tests:\n              - not_null\n"
        "              - accepted_values:\n                  arguments:\n"
        "                    values: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n                    quote: false\n"
        for number in range(COLUMNS)
    )
    return (
        f"version: 2\nsources:\n  - name: raw\n    schema: {SCHEMA}\n    tables:\n"
        f"      - name: big\n        columns:\n{columns}"
    )


def fill(rows):
    columns = ", ".join(f"((i * {number + 3}) % 10)::smallint as c{number}" for number in range(COLUMNS))
    psql("--command", f"drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}")
    psql("--command", f"create table {SCHEMA}.big as select i as id, {columns} from generate_series(1, {rows}) as i")
    psql("--command", f"analyze {SCHEMA}.big")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer")
    parser.add_argument("--dbt")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    options.aquifer = shutil.which(options.aquifer) or parser.error(f"not found: {options.aquifer}")
    environment = {f"BENCH_{name}": os.environ[f"PG{name}"] for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")}
    project = pathlib.Path(tempfile.mkdtemp(prefix="bench_tests_"))
    (project / "models").mkdir()
    (project / "dbt_project.yml").write_text(PROJECT)
    (project / "profiles.yml").write_text(PROFILES)
    (project / "models" / "sources.yml").write_text(properties())
    try:
        fill(options.rows)
        machine()
        rows = [("aquifer test", median_of(options.runs, [os.path.abspath(options.aquifer), "test"], project, environment))]
        if options.dbt:
            rows.append(("dbt test", median_of(options.runs, [options.dbt, "test"], project, environment)))
        table(f"{2 * COLUMNS} generic tests on one table of {options.rows} rows, 8 threads", rows)
    finally:
        psql("--command", f"drop schema if exists {SCHEMA} cascade")
        shutil.rmtree(project)


if __name__ == "__main__":
    main()
