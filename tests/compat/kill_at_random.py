#!/usr/bin/env python3
"""Kills runs of the root project with SIGKILL at random moments and looks at what they leave behind.

    kill_at_random.py AQUIFER [--kills 50] [--warehouse lakehouse|postgres|both] [--seed 1]

Every other kill meets a first build into nothing; the rest meet a build of new seed rows over a finished
one. After each kill every relation that exists must be readable and hold the old or the new rows, whole;
nothing of the engine's own may stand beside them; and the next build must succeed without repair and
give exactly the rows of a build that nobody disturbed. The kills are spread over the time such a build
takes, so early and late moments all have their turn.

PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name the Postgres server (a database of its own is made
there) and `psql` must be installed. Python 3.8 or later. Exit code 0: nothing was found.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

from killing import run_and_kill

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OWN_NAMES = ("__aq_tmp", "__aq_old", "__aq_src")

PROFILES = """\
growth_analytics:
  target: lakehouse
  outputs:
    lakehouse: {type: lakehouse, path: lakehouse, schema: main, threads: 4}
    postgres:
      type: postgres
      host: "{{ env_var('PGHOST') }}"
      port: "{{ env_var('PGPORT') | as_number }}"
      user: "{{ env_var('PGUSER') }}"
      password: "{{ env_var('PGPASSWORD') }}"
      dbname: "%s"
      schema: main
      threads: 4
"""


class Broken(Exception):
    """What a kill left behind is not what it should be."""


def digest(rows):
    return hashlib.md5("\n".join(sorted(rows)).encode()).hexdigest()


class Lakehouse:
    """Delta tables in the work folder, read by the engine itself in another process."""

    name = "lakehouse"

    def __init__(self, aquifer, work):
        self.aquifer, self.work, self.folder = aquifer, work, work / "lakehouse"
        self.kept = work / "kept_lakehouse"

    def empty(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self):
        shutil.copytree(self.folder, self.kept)

    def restore(self):
        self.empty()
        shutil.copytree(self.kept, self.folder)

    def settle(self):
        """Nothing runs on after the process has died."""

    def ask(self, sql):
        command = [self.aquifer, "--quiet", "show", "--inline-direct", sql, "--limit", "-1", "--output", "json"]
        done = subprocess.run(command, cwd=self.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise Broken(f"not readable: {sql}\n{(done.stdout + done.stderr).decode()}")
        return json.loads(done.stdout)["show"]

    def relations(self):
        columns = self.ask(
            "select table_schema as s, table_name as t, column_name as c from information_schema.columns"
            " where table_schema like 'main%' order by 1, 2, 3"
        )
        of = {}
        for column in columns:
            of.setdefault((column["s"], column["t"]), []).append(column["c"])
        parts = []
        for (schema, table), names in of.items():
            row = " || '|' || ".join(f"""coalesce(cast("{name}" as varchar), '<null>')""" for name in names)
            parts.append(f"""select '{schema}.{table}' as n, {row} as r from "{schema}"."{table}" """)
        rows = {f"{schema}.{table}": [] for schema, table in of}
        for row in self.ask(" union all ".join(parts)) if parts else []:
            rows[row["n"]].append(row["r"])
        return {name: digest(found) for name, found in rows.items()}

    def views(self):
        return {f"{path.parent.parent.name}.{path.stem}" for path in self.folder.glob("*/_views/*.json")}

    def leftovers(self):
        return [str(path) for path in self.folder.glob("*/_dropped/*")]

    def remove(self):
        self.empty()


class Postgres:
    """A database of our own, read by psql."""

    name = "postgres"

    def __init__(self, _aquifer, _work):
        self.database, self.kept = f"aq_kill_{os.getpid()}", f"aq_kept_{os.getpid()}"

    def empty(self):
        self.admin(f"drop database if exists {self.database} with (force)")
        self.admin(f"create database {self.database}")

    def keep(self):
        self.admin(f"create database {self.kept} template {self.database}")

    def restore(self):
        self.admin(f"drop database if exists {self.database} with (force)")
        self.admin(f"create database {self.database} template {self.kept}")

    def admin(self, sql):
        psql(os.environ["PGDATABASE"], sql)

    def settle(self):
        """The server ends a dead client's statement when it next writes to it: waits for that."""
        while self.sessions():
            time.sleep(0.02)

    def sessions(self):
        sql = f"select pid from pg_stat_activity where datname = '{self.database}' and pid <> pg_backend_pid()"
        return psql(os.environ["PGDATABASE"], sql)

    def names(self, kinds):
        listed = "', '".join(kinds)
        sql = f"""select quote_ident(n.nspname), quote_ident(c.relname) from pg_class c
                  join pg_namespace n on n.oid = c.relnamespace
                  where c.relkind in ('{listed}') and n.nspname like 'main%' order by 1, 2"""
        return [".".join(row) for row in psql(self.database, sql)]

    def relations(self):
        sql = "select to_jsonb(r)::text from {} as r"
        return {name: digest(row[0] for row in psql(self.database, sql.format(name))) for name in self.names("rvmp")}

    def views(self):
        return set(self.names("v"))

    def leftovers(self):
        return [name for name in self.names("rvmpiS") if any(own in name for own in OWN_NAMES)]

    def remove(self):
        for name in (self.database, self.kept):
            self.admin(f"drop database if exists {name} with (force)")


def psql(database, sql):
    command = ["psql", "--no-psqlrc", "--quiet", "--csv", "--tuples-only", "--set", "ON_ERROR_STOP=1"]
    done = subprocess.run([*command, "--dbname", database, "--command", sql],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if done.returncode != 0:
        raise Broken(f"{database}: {sql}\n{done.stderr.strip()}")
    return list(csv.reader(io.StringIO(done.stdout)))


class Proof:
    """One warehouse, put to the proof."""

    def __init__(self, options, work, kind):
        self.aquifer, self.work, self.warehouse = options.aquifer, work, kind(options.aquifer, work)
        self.random = random.Random(options.seed)
        self.too_late = 0
        # Seconds of a build: of new rows over a finished one, and (True) a first one.
        self.lasts = {}

    def build(self):
        command = [self.aquifer, "build", "--target", self.warehouse.name]
        started = time.monotonic()
        done = subprocess.run(command, cwd=self.work, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise Broken(f"a build nobody disturbs fails:\n{done.stdout.decode()[-3000:]}")
        return time.monotonic() - started

    def seeds(self, which):
        shutil.rmtree(self.work / "seeds", ignore_errors=True)
        shutil.copytree(self.work / f"seeds_{which}", self.work / "seeds")

    def prepare(self):
        """The rows before and after, and how long a build takes."""
        self.seeds("old")
        self.warehouse.empty()
        self.lasts[True] = self.build()
        self.old = self.warehouse.relations()
        self.warehouse.keep()
        self.seeds("new")
        self.lasts[False] = self.build()
        self.new = self.warehouse.relations()
        self.warehouse.empty()
        self.build()
        self.fresh = self.warehouse.relations()
        if set(self.old) != set(self.new) or self.old == self.new:
            raise Broken("the new seed rows change nothing, or add a relation")

    def kill(self, number, kills):
        is_first_build = number % 2 == 0
        share = (number // 2 * 2 + self.random.uniform(0, 2)) / kills
        while True:
            if is_first_build:
                self.warehouse.empty()
                old, new = {}, self.fresh
            else:
                self.warehouse.restore()
                old, new = self.old, self.new
            moment = self.lasts[is_first_build] * share
            command = [self.aquifer, "build", "--target", self.warehouse.name]
            took = run_and_kill(command, self.work, moment)
            if took is None:
                break
            # The machine is quicker than it was: the same share of what a build takes now.
            self.lasts[is_first_build] = min(took, 0.95 * self.lasts[is_first_build])
            self.too_late += 1
        self.warehouse.settle()
        states = self.check(old, new, is_first_build)
        self.build()
        found = self.warehouse.relations()
        wrong = sorted(name for name in set(found) | set(new) if found.get(name) != new.get(name))
        if wrong:
            raise Broken(f"after the next build these differ from an undisturbed one: {', '.join(wrong)}")
        if self.warehouse.leftovers():
            raise Broken(f"left behind for good: {self.warehouse.leftovers()}")
        print(f"  {self.warehouse.name} {number + 1}/{kills}: killed after {moment:.3f} s; {states}", flush=True)

    def check(self, old, new, is_first_build):
        found, views = self.warehouse.relations(), self.warehouse.views()
        counts = {"old": 0, "new": 0, "absent": 0}
        for name in sorted(set(new) | set(found)):
            state = "absent" if name not in found else "new" if found[name] == new.get(name) else "old"
            if state == "absent" and not is_first_build:
                raise Broken(f"{name} is gone")
            # A view of several relations may show old rows of one and new ones of another.
            if state == "old" and found[name] != old.get(name) and name not in views:
                raise Broken(f"{name} holds neither the old nor the new rows")
            counts[state] += 1
        if self.warehouse.name == "postgres" and self.warehouse.leftovers():
            raise Broken(f"left behind: {self.warehouse.leftovers()}")
        return ", ".join(f"{count} {state}" for state, count in counts.items() if count)


def copy_project(work):
    for name in ("models", "tests_sql"):
        shutil.copytree(ROOT / name, work / name)
    shutil.copy(ROOT / "project.yml", work)
    shutil.copytree(ROOT / "seeds", work / "seeds_old")
    shutil.copytree(ROOT / "seeds", work / "seeds_new")
    subprocess.run([sys.executable, HERE / "evolve_seeds.py", work / "seeds_new"], check=True)
    (work / "profiles.yml").write_text(PROFILES % f"aq_kill_{os.getpid()}", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--warehouse", choices=("lakehouse", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.aquifer = shutil.which(options.aquifer) or parser.error(f"not found: {options.aquifer}")
    options.aquifer = os.path.abspath(options.aquifer)
    for name, default in (("PGHOST", "localhost"), ("PGPORT", "5432"), ("PGUSER", "postgres"),
                          ("PGPASSWORD", ""), ("PGDATABASE", "postgres")):
        os.environ.setdefault(name, default)
    kinds = [kind for kind in (Lakehouse, Postgres) if options.warehouse in (kind.name, "both")]
    for kind in kinds:
        work = pathlib.Path(tempfile.mkdtemp(prefix="aq_kill_"))
        copy_project(work)
        proof = Proof(options, work, kind)
        try:
            proof.prepare()
            for number in range(options.kills):
                proof.kill(number, options.kills)
        except Broken as broken:
            print(f"{kind.name}: {broken}\nthe project is left at {work}", file=sys.stderr)
            return 1
        proof.warehouse.remove()
        shutil.rmtree(work)
        print(f"{kind.name}: {options.kills} builds killed ({proof.too_late} more had ended before and were done again);"
              " nothing half-written, every next build whole")
    return 0


if __name__ == "__main__":
    sys.exit(main())
