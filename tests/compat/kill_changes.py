#!/usr/bin/env python3
"""Kills changes of lakehouse tables with SIGKILL at random moments and looks at what they leave behind.

    kill_changes.py AQUIFER [--kills 100] [--rows 200000] [--seed 1] [--s3 URL]

Three kinds of changes take turns: a merge (an incremental model that updates a third of its rows and adds
some), an overwrite (a table model) and `aquifer maintain`, which compacts one table, clusters the other
along a z-order curve, deletes what no version needs (every other time without any retention) and writes
checkpoints. Each kind is killed at moments spread over the time that it takes undisturbed; a change that
had ended before its kill is not counted and done again.

After each kill both tables must be readable, by the engine in a new process and by Python's `deltalake`,
and both must see the same rows: those before the change or those after it, whole; maintenance changes none.
Then the same command must succeed and give the rows after it. At the end one more `maintain` must leave
no data file that the tables do not need.

`--s3 http://key:secret@host:port/bucket` puts the tables into a bucket (tests/setup/s3.sh starts one).
Needs the Python package `deltalake`. Exit code 0: nothing was found.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.parse
import uuid

from killing import run_and_kill

PROJECT = "name: changes\nprofile: changes\nvars: {round: 0, rows: 0}\n"

MERGED = """\
{{ config(materialized='incremental', incremental_strategy='merge', unique_key='id', partition_by=['part']) }}
select cast(id as bigint) as id, cast({{ var('round') }} as bigint) as value, cast(id % 4 as int) as part
from generate_series(0, {{ var('rows') }} - 1 + 1000 * {{ var('round') }}) as ids(id)
{% if is_incremental() %} where id % 3 = {{ var('round') }} % 3 or id >= {{ var('rows') }} + 1000 * ({{ var('round') }} - 1) {% endif %}
"""

REPLACED = """\
{{ config(materialized='table', cluster_by=['value', 'id']) }}
select cast(id as bigint) as id, cast({{ var('round') }} as bigint) as value
from generate_series(0, {{ var('rows') }} - 1 + 1000 * {{ var('round') }}) as ids(id)
"""

FIGURES = "select count(*), count(distinct id), sum(id), sum(value), sum(id * value) from "

KINDS = {
    "merge": ["run", "--select", "merged"],
    "overwrite": ["run", "--select", "replaced"],
    "maintain": ["maintain"],
}


class Broken(Exception):
    """What a kill left behind is not what it should be."""


class Expected:
    """The rows of both tables after a number of rounds, computed here."""

    def __init__(self, rows):
        self.rows, self.merged = rows, [0] * rows
        self.rounds = {"merged": 0, "replaced": 0}

    def advance(self, table):
        self.rounds[table] += 1
        if table == "merged":
            number = self.rounds[table]
            self.merged.extend([number] * 1000)
            for id in range(number % 3, len(self.merged), 3):
                self.merged[id] = number

    def figures(self, table):
        if table == "merged":
            values = self.merged
        else:
            number = self.rounds[table]
            values = [number] * (self.rows + 1000 * number)
        count = len(values)
        weighted = sum(id * value for id, value in enumerate(values))
        return [count, count, count * (count - 1) // 2, sum(values), weighted]


class Lake:
    """The tables, as the engine and as Python's deltalake see them."""

    def __init__(self, aquifer, work, url):
        self.aquifer, self.work, self.options, output = aquifer, work, None, ""
        self.place = str(work / "lake")
        if url:
            parts = urllib.parse.urlparse(url)
            endpoint = f"{parts.scheme}://{parts.hostname}:{parts.port}"
            self.place = f"s3:/{parts.path}/kills_{uuid.uuid4().hex}"
            self.options = {
                "AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": parts.username, "AWS_REGION": "us-east-1",
                "AWS_SECRET_ACCESS_KEY": parts.password, "AWS_ALLOW_HTTP": "true",
            }
            output = (f", s3: {{endpoint: '{endpoint}', region: us-east-1, access_key_id: '{parts.username}', "
                      f"secret_access_key: '{parts.password}', path_style: true, allow_http: true}}")
        (work / "models").mkdir()
        (work / "models/merged.sql").write_text(MERGED)
        (work / "models/replaced.sql").write_text(REPLACED)
        (work / "project.yml").write_text(PROJECT)
        profile = f"{{type: lakehouse, path: '{self.place}', schema: main, threads: 2{output}}}"
        (work / "profiles.yml").write_text(f"changes: {{target: dev, outputs: {{dev: {profile}}}}}\n")

    def command(self, arguments, number, rows):
        variables = json.dumps({"round": number, "rows": rows})
        return [self.aquifer, *arguments, "--vars", variables]

    def figures(self, table):
        sql = FIGURES + f"main.{table}"
        command = [self.aquifer, "--quiet", "show", "--inline-direct", sql, "--output", "json"]
        done = subprocess.run(command, cwd=self.work, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"{table} is not readable:\n{done.stdout}{done.stderr}")
        return [int(value) for value in json.loads(done.stdout)["show"][0].values()]

    def open(self, table):
        from deltalake import DeltaTable

        return DeltaTable(f"{self.place}/main/{table}", storage_options=self.options)

    def figures_elsewhere(self, table):
        from deltalake import QueryBuilder

        rows = QueryBuilder().register("t", self.open(table)).execute(FIGURES + "t").read_all()
        return [int(rows.column(index)[0].as_py()) for index in range(rows.num_columns)]

    def unneeded(self):
        """Data files in the folder that no table names."""
        needed = {pathlib.Path(urllib.parse.unquote(uri)).name for table in ("merged", "replaced") for uri in self.open(table).file_uris()}
        return sorted(str(path) for path in pathlib.Path(self.place).rglob("*.parquet")
                      if path.name not in needed and "_delta_log" not in path.parts)


class Proof:
    """Kills, one after the other."""

    def __init__(self, options, lake):
        self.options, self.lake = options, lake
        self.random = random.Random(options.seed)
        self.expected = Expected(options.rows)
        self.lasts, self.too_late = {}, 0
        self.seen = {kind: {"before": 0, "after": 0} for kind in KINDS}

    def arguments(self, kind, number):
        arguments = list(KINDS[kind])
        if kind == "maintain" and number % 2:
            arguments += ["--retention-hours", "0"]
        return self.lake.command(arguments, self.expected.rounds["replaced" if kind == "overwrite" else "merged"], self.options.rows)

    def undisturbed(self, kind, number=0):
        started = time.monotonic()
        done = subprocess.run(self.arguments(kind, number), cwd=self.lake.work, capture_output=True, text=True)
        if done.returncode:
            raise Broken(f"the next {kind} fails:\n{done.stdout}{done.stderr}")
        return time.monotonic() - started

    def check(self, allowed):
        """Which of the allowed figures each table has, read by both."""
        seen = {}
        for table, figures in allowed.items():
            found = self.lake.figures(table)
            elsewhere = self.lake.figures_elsewhere(table)
            if found != elsewhere:
                raise Broken(f"{table}: the engine reads {found}, deltalake {elsewhere}")
            if found not in figures:
                raise Broken(f"{table} holds neither the rows before nor those after:\n  {found}\n  {figures}")
            seen[table] = figures.index(found)
        return seen

    def now(self):
        return {table: [self.expected.figures(table)] for table in ("merged", "replaced")}

    def prepare(self):
        for kind in ("merge", "overwrite"):
            self.undisturbed(kind)
        self.check(self.now())
        for kind in KINDS:
            self.advance(kind)
            self.lasts[kind] = self.undisturbed(kind)
        self.check(self.now())

    def advance(self, kind):
        """What there is to do next; maintenance needs files to join."""
        if kind == "maintain":
            for other, table in (("merge", "merged"), ("overwrite", "replaced")):
                self.expected.advance(table)
                self.undisturbed(other)
        else:
            self.expected.advance("merged" if kind == "merge" else "replaced")

    def kill(self, number):
        kind = list(KINDS)[number % len(KINDS)]
        turns = -(-self.options.kills // len(KINDS))
        share = (number // len(KINDS) + self.random.random()) / turns
        while True:
            before = self.now()
            self.advance(kind)
            after = self.now()
            # What maintenance works on was made undisturbed.
            allowed = after if kind == "maintain" else {table: before[table] + after[table] for table in after}
            moment = self.lasts[kind] * share
            took = run_and_kill(self.arguments(kind, number), self.lake.work, moment)
            if took is None:
                break
            self.lasts[kind] = min(took, self.lasts[kind])
            self.too_late += 1
        seen = self.check(allowed)
        changed = {"merge": "merged", "overwrite": "replaced"}.get(kind)
        state = "after" if changed and seen[changed] else "before"
        self.seen[kind][state] += 1
        # The machine is not always as quick.
        self.lasts[kind] = (self.lasts[kind] + self.undisturbed(kind, number)) / 2
        self.check(after)
        said = f"rows {state} the change" if changed else "rows unchanged"
        print(f"  {number + 1}/{self.options.kills} {kind}: killed after {moment:.3f} s; {said}", flush=True)

    def finish(self):
        self.undisturbed("maintain", 1)
        self.check(self.now())
        if not self.options.s3 and self.lake.unneeded():
            raise Broken(f"left behind for good: {self.lake.unneeded()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--s3")
    options = parser.parse_args()
    aquifer = os.path.abspath(shutil.which(options.aquifer) or parser.error(f"not found: {options.aquifer}"))
    work = pathlib.Path(tempfile.mkdtemp(prefix="aq_changes_"))
    proof = Proof(options, Lake(aquifer, work, options.s3))
    try:
        proof.prepare()
        for number in range(options.kills):
            proof.kill(number)
        proof.finish()
    except Broken as broken:
        print(f"{broken}\nthe project is left at {work}", file=sys.stderr)
        return 1
    shutil.rmtree(work)
    shares = "; ".join(f"{kind}: {sum(seen.values())} kills" + (f", {seen['after']} after its commit" if kind != "maintain" else "")
                       for kind, seen in proof.seen.items())
    print(f"{options.kills} changes killed ({proof.too_late} more had ended before and were done again): {shares};"
          " every table readable by both, every next run whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
