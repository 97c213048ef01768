#!/usr/bin/env python3
"""Processes that write one table of the lakehouse at once: nothing is lost, nothing doubled.

    write_at_once.py AQUIFER [--processes 2 8] [--rounds 5]

Each process runs its own copy of a project whose models stand in one lakehouse. In every round each
process appends its rows to one table, and merges into another: one row of its own, and one that all of
them count up, while one more process looks after the tables (`maintain`: small files are joined, checkpoints
written). Appends are free of conflicts; merges meet, and whoever is slower must read again and
write again. In the end every process must have succeeded in every round, and the tables, read by the
engine and, where Python has `deltalake`, by that too, must hold

- each appended row exactly once,
- one merged row a process, with its last round,
- a common row that was counted up once a process and round.

Python 3.8 or later. Exit code 0: nothing was found.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

PROJECT = "name: at_once\nprofile: at_once\n"
PROFILES = "at_once: {target: dev, outputs: {dev: {type: lakehouse, path: '%s', schema: main, threads: 2}}}\n"

APPENDED = """\
{{ config(materialized='incremental', incremental_strategy='append', alias='appended') }}
select {{ var('process', 0) }} as process, {{ var('round', 0) }} as round
"""

MERGED = """\
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='key', alias='merged') }}
select 'p{{ var('process', 0) }}' as key, {{ var('round', 0) }} as value
union all
{% if is_incremental() %}
select key, value + 1 as value from {{ this }} where key = 'all'
{% else %}
select 'all' as key, 0 as value
{% endif %}
"""


class Broken(Exception):
    """The tables do not hold what was written."""


def project(folder, lake):
    (folder / "models").mkdir(parents=True)
    (folder / "project.yml").write_text(PROJECT)
    (folder / "profiles.yml").write_text(PROFILES % lake)
    (folder / "models/rows.sql").write_text(APPENDED)
    (folder / "models/counts.sql").write_text(MERGED)


def command(aquifer, process, number):
    variables = json.dumps({"process": process, "round": number})
    return [aquifer, "run", "--no-write-json", "--quiet", "--vars", variables]


def upkeep(aquifer):
    return [aquifer, "maintain", "--no-write-json", "--quiet"]


def rows(aquifer, folder, sql):
    shown = subprocess.run(
        [aquifer, "show", "--inline-direct", sql, "--output", "json", "--limit", "-1", "--quiet"],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if shown.returncode:
        raise Broken(f"`{sql}` fails:\n{shown.stdout}{shown.stderr}")
    return [tuple(row.values()) for row in json.loads(shown.stdout)["show"]]


def read_elsewhere(lake):
    """The tables as another implementation of Delta Lake reads them; None without it."""
    try:
        from deltalake import DeltaTable, QueryBuilder
    except ImportError:
        return None

    def read(name, columns):
        query = QueryBuilder().register("t", DeltaTable(str(lake / "main" / name)))
        rows = query.execute(f"select {columns} from t").read_all()
        return list(zip(*([value.as_py() for value in rows.column(index)] for index in range(rows.num_columns))))

    return sorted(read("appended", "process, round")), dict(read("merged", "key, value"))


def compactions(lake):
    """How many commits of the upkeep stand in the logs."""
    logs = [log.read_text() for log in lake.glob("main/*/_delta_log/*.json")]
    return sum('"operation":"OPTIMIZE"' in log for log in logs)


def check(what, found, wanted):
    if found != wanted:
        raise Broken(f"{what}:\n  found  {found}\n  wanted {wanted}")


def at_once(aquifer, processes, rounds, work):
    lake = work / "lake"
    folders = [work / f"p{number}" for number in range(processes)]
    keeper = work / "keeper"
    for folder in [*folders, keeper]:
        project(folder, lake)
    # The tables are made first: who makes a table is another question than who writes it.
    subprocess.run(command(aquifer, -1, 0), cwd=folders[0], check=True)
    began = time.monotonic()
    for number in range(1, rounds + 1):
        commands = [(command(aquifer, process, number), folder) for process, folder in enumerate(folders)]
        commands.append((upkeep(aquifer), keeper))
        running = [
            subprocess.Popen(line, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            for line, folder in commands
        ]
        for run, (line, _) in zip(running, commands):
            output, _ = run.communicate()
            if run.returncode:
                raise Broken(f"`{' '.join(line[1:])}` failed in round {number}:\n{output}")
    elapsed = time.monotonic() - began
    everyone = range(processes)
    appended = sorted([(-1, 0)] + [(process, number) for process in everyone for number in range(1, rounds + 1)])
    merged = {"all": processes * rounds, "p-1": 0, **{f"p{process}": rounds for process in everyone}}
    check("appended", sorted(rows(aquifer, folders[0], "select process, round from main.appended")), appended)
    check("merged", dict(rows(aquifer, folders[0], "select key, value from main.merged")), merged)
    elsewhere = read_elsewhere(lake)
    if elsewhere is not None:
        check("appended, read by deltalake", elsewhere[0], appended)
        check("merged, read by deltalake", elsewhere[1], merged)
    reader = "the engine and deltalake" if elsewhere is not None else "the engine"
    print(f"{processes} processes, {rounds} rounds, {compactions(lake)} compactions, {elapsed:.1f} s:"
          f" nothing lost, nothing doubled ({reader})")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 8])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    for processes in options.processes:
        work = pathlib.Path(tempfile.mkdtemp(prefix="write_at_once_"))
        try:
            at_once(options.aquifer, processes, options.rounds, work)
        except Broken as broken:
            print(f"{processes} processes: {broken}", file=sys.stderr)
            return 1
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
