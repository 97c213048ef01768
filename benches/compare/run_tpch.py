#!/usr/bin/env python3
"""Times a build of the TPC-H project (tpch/) on the lakehouse, and by dbt-duckdb, and compares all rows.

    tpch/generate.sh [SCALE]                      first: the tables as Parquet files
    run_tpch.py AQUIFER [--dbt DBT] [--runs 3] [--no-rows]

Whole processes: 8 views on the files, 22 tables. Every run begins without a target folder. With --dbt, a
dbt with dbt-duckdb, both are timed in turn with two threads, and the rows of the 22 tables are compared.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "examples" / "support"))

from checking import same  # noqa: E402
from measure import Figures, machine, run_once, table  # noqa: E402

PROJECT = HERE / "tpch"
QUERIES = sorted(path.stem for path in (PROJECT / "models" / "queries").glob("*.sql"))


def command(program, target, *arguments):
    return [program, *arguments, "--target", target, "--profiles-dir", "."]


def rows(program, target, query):
    """The rows of a built query in some order that is the same for equal rows."""
    show = command(program, target, "show", "--inline", f"select * from {{{{ ref('{query}') }}}}", "--output", "json",
                   "--limit", "-1", "--quiet")
    shown = subprocess.run(show, cwd=PROJECT, check=True, capture_output=True, text=True).stdout
    found = [list(row.values()) for row in json.loads(shown)["show"]]
    return sorted(found, key=lambda row: [place(value) for value in row])


def place(value):
    """A decimal may come as a number or as text."""
    try:
        return f"{float(value):.6e}"
    except (TypeError, ValueError):
        return str(value)


def compare(aquifer, dbt):
    """Says whether all rows are the same."""
    differ = []
    for query in QUERIES:
        ours, theirs = rows(aquifer, "lakehouse", query), rows(dbt, "duckdb", query)
        equal = len(ours) == len(theirs) and all(
            len(one) == len(other) and all(map(same, one, other)) for one, other in zip(ours, theirs))
        if not equal:
            differ.append(query)
            print(f"  {query}: {len(ours)} and {len(theirs)} rows, {ours[:1]} and {theirs[:1]}")
    print(f"{len(QUERIES) - len(differ)} of {len(QUERIES)} queries have the same rows")
    return not differ


def median(figures):
    middle = lambda name: sorted(getattr(each, name) for each in figures)[len(figures) // 2]
    return Figures(middle("wall"), middle("cpu"), middle("peak_mib"))


def main():
    parser = argparse.ArgumentParser(description="Times the TPC-H project.")
    parser.add_argument("aquifer", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--dbt", help="a dbt with dbt-duckdb")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-rows", action="store_true", help="only take times")
    options = parser.parse_args()
    if not (PROJECT / "data").exists():
        parser.error("run tpch/generate.sh first")

    machine()
    programs = [("Aquifer, lakehouse", options.aquifer, "lakehouse")]
    programs += [("dbt-duckdb", options.dbt, "duckdb")] if options.dbt else []
    figures = {name: [] for name, _, _ in programs}
    for _ in range(options.runs):
        for name, program, target in programs:
            shutil.rmtree(PROJECT / "target", ignore_errors=True)
            (PROJECT / "target").mkdir()
            figures[name].append(run_once(command(program, target, "build"), PROJECT))
    table("TPC-H: 8 views, 22 tables", [(name, median(taken)) for name, taken in figures.items()])
    if options.dbt and not options.no_rows:
        # The last run's target folder was removed by the next program's.
        run_once(command(options.aquifer, "lakehouse", "build"), PROJECT)
        return 0 if compare(options.aquifer, options.dbt) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
