#!/usr/bin/env python3
"""Times the daily run of examples/note_taking over a year of ten million actions, and the same by dbt-duckdb.

    run_notes.py AQUIFER [--dbt DBT] [--a-day 30000] [--runs 3] [--folder FOLDER]

The year is generated and built once by each (untimed; minutes). Then each is timed as a whole process on
the same daily run, two days of batches and all tests, in turn. --folder keeps data and warehouses between calls.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from measure import Figures, machine, run_once, table

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLE = HERE.parents[1] / "examples" / "note_taking"
YEAR = ("2024-01-01", "2025-01-01")
LAST_DAYS = ("2024-12-30", "2025-01-01")

PROFILE = """
    duckdb:
      type: duckdb
      path: target/notes.duckdb
      schema: main
      threads: 4
      settings: {threads: 2, memory_limit: 2GB}
"""
# Where dbt-duckdb finds the files that `external:` names.
FILES = {
    "{location: landing/interactions, format: csv}": "read_csv('landing/interactions/*/*.csv', hive_partitioning=true)",
    "{location: landing/users, format: csv}": "read_csv('landing/users/*/*.csv', hive_partitioning=true)",
}


def prepare(folder):
    """A copy of the example that dbt reads as well."""
    subprocess.run(["cp", "-r", EXAMPLE / "models", EXAMPLE / "tests", folder], check=True)
    (folder / "dbt_project.yml").write_text((EXAMPLE / "project.yml").read_text())
    (folder / "profiles.yml").write_text((EXAMPLE / "profiles.yml").read_text() + PROFILE)
    sources = folder / "models" / "bronze" / "_bronze.yml"
    text = sources.read_text()
    for external, location in FILES.items():
        text = text.replace(f"external: {external}", f"external: {external}\n        meta: {{external_location: \"{location}\"}}")
    sources.write_text(text)
    # DuckDB refuses two deletes from one table at a time.
    for model in [folder / "models" / "silver" / "actions.sql", folder / "models" / "gold" / "sessions.sql"]:
        model.write_text(model.read_text().replace("concurrent_batches=true", "concurrent_batches=(target.name != 'duckdb')"))


def build(program, target, days):
    return [program, "build", "--target", target, "--profiles-dir", ".", "--event-time-start", days[0],
            "--event-time-end", days[1]]


def median(figures):
    middle = lambda name: sorted(getattr(each, name) for each in figures)[len(figures) // 2]
    return Figures(middle("wall"), middle("cpu"), middle("peak_mib"))


def main():
    parser = argparse.ArgumentParser(description="Times the daily run of the note-taking example.")
    parser.add_argument("aquifer", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--dbt", help="a dbt with dbt-duckdb")
    parser.add_argument("--a-day", default="30000", help="actions a day (30000: ten million a year)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path, help="where data and warehouses stand, and stay")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or pathlib.Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        prepare(folder)
        generate = [sys.executable, EXAMPLE / "generate.py", "--days", "366", "--a-day", options.a_day]
        subprocess.run([*generate, "--folder", folder / "landing"], check=True)
        machine()
        programs = [("Aquifer, lakehouse", options.aquifer, "lakehouse", "target/lakehouse")]
        programs += [("dbt-duckdb", options.dbt, "duckdb", "target/notes.duckdb")] if options.dbt else []
        figures = {name: [] for name, *_ in programs}
        for name, program, target, warehouse in programs:
            if not (folder / warehouse).exists():
                (folder / "target").mkdir(exist_ok=True)
                table(f"{name}: the first build", [(name, run_once(build(program, target, YEAR), folder))])
        for _ in range(options.runs):
            for name, program, target, _ in programs:
                figures[name].append(run_once(build(program, target, LAST_DAYS), folder))
        table("The daily run", [(name, median(taken)) for name, taken in figures.items()])
    return 0


if __name__ == "__main__":
    sys.exit(main())
