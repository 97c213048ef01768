#!/usr/bin/env python3
"""Writes down what stands in a PostgreSQL database, and compares two such notes.

    compare_databases.py dump DATABASE FILE      write relations, columns and rows
    compare_databases.py diff WHAT FILE FILE     compare two dumps
    compare_databases.py outcomes FILE FILE      compare two run_results.json

A dump is JSON: for each relation its kind, comment, columns (name, type,
comment), for a view its query, and all rows as text, sorted. The server is
found by PGHOST, PGPORT, PGUSER and PGPASSWORD through `psql`. Exit code 1:
there are differences.
"""

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter

# Rows shown for each relation and direction.
SHOWN = 5

RELATIONS = """
select n.nspname || '.' || c.relname,
       case c.relkind when 'r' then 'table' when 'v' then 'view'
                      when 'm' then 'materialized view' else c.relkind::text end,
       coalesce(obj_description(c.oid, 'pg_class'), ''),
       case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) else '' end,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p', 'f')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1
"""

COLUMNS = """
select n.nspname || '.' || c.relname, a.attname,
       format_type(a.atttypid, a.atttypmod), a.attnotnull,
       coalesce(col_description(c.oid, a.attnum), '')
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'p', 'f')
  and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 1, a.attnum
"""


def query(database, sql):
    command = ["psql", "--no-psqlrc", "--quiet", "--csv", "--tuples-only",
               "--set", "ON_ERROR_STOP=1", "--dbname", database, "--command", sql]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          universal_newlines=True)
    if done.returncode != 0:
        sys.exit(f"{database}: {done.stderr.strip()}")
    return list(csv.reader(io.StringIO(done.stdout)))


def dump(database, path):
    relations = {}
    for name, kind, comment, definition, quoted in query(database, RELATIONS):
        rows = query(database, f"select to_jsonb(r)::text from {quoted} as r")
        relations[name] = {
            "kind": kind, "comment": comment, "columns": [],
            # dbt leaves its own query comment in no view, but blanks may differ.
            "definition": " ".join(definition.split()),
            "rows": sorted(row[0] for row in rows),
        }
    for name, column, kind, not_null, comment in query(database, COLUMNS):
        relations[name]["columns"].append([column, kind, not_null, comment])
    with open(path, "w", encoding="utf-8") as file:
        json.dump(relations, file, indent=1)
    return 0


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def diff(what, left_path, right_path):
    left, right = load(left_path), load(right_path)
    lines = []
    for name in sorted(set(left) | set(right)):
        if name not in right:
            lines.append(f"- {left[name]['kind']} {name}: missing on the right")
        elif name not in left:
            lines.append(f"+ {right[name]['kind']} {name}: missing on the left")
        else:
            lines += [f"  {name}: {line}" for line in relation_diff(left[name], right[name])]
    rows = sum(len(relation["rows"]) for relation in left.values())
    return report(f"{what}: {len(left)} relations, {rows} rows", lines)


def relation_diff(left, right):
    for key in ("kind", "comment", "definition"):
        if left[key] != right[key]:
            yield f"{key}: {left[key]!r} <> {right[key]!r}"
    if left["columns"] != right["columns"]:
        yield "columns (name, type, not null, comment):"
        for column in left["columns"]:
            if column not in right["columns"]:
                yield f"  - {column}"
        for column in right["columns"]:
            if column not in left["columns"]:
                yield f"  + {column}"
        if sorted(left["columns"]) == sorted(right["columns"]):
            yield f"  order: {names(left)} <> {names(right)}"
    if left["rows"] != right["rows"]:
        yield f"rows: {len(left['rows'])} <> {len(right['rows'])}"
        yield from rows_diff("-", left["rows"], right["rows"])
        yield from rows_diff("+", right["rows"], left["rows"])


def names(relation):
    return ", ".join(column[0] for column in relation["columns"])


def rows_diff(sign, these, those):
    extra = list((Counter(these) - Counter(those)).elements())
    for row in extra[:SHOWN]:
        yield f"  {sign} {row}"
    if len(extra) > SHOWN:
        yield f"  {sign} ... {len(extra) - SHOWN} more"


def outcomes(left_path, right_path):
    """Compares the status and the number of failures of every node."""
    left, right = results(left_path), results(right_path)
    lines = []
    for node in sorted(set(left) | set(right)):
        if left.get(node) != right.get(node):
            lines.append(f"  {node}: {left.get(node)} <> {right.get(node)}")
    return report(f"outcomes: {len(left)} nodes", lines)


def results(path):
    return {result["unique_id"]: f"{result['status']}, failures {result.get('failures')}"
            for result in load(path)["results"]}


def report(title, lines):
    print(f"{title}: {'differences (- left, + right)' if lines else 'the same'}")
    for line in lines:
        print(line)
    return 1 if lines else 0


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "dump":
        return dump(*arguments[1:])
    if len(arguments) == 4 and arguments[0] == "diff":
        return diff(*arguments[1:])
    if len(arguments) == 3 and arguments[0] == "outcomes":
        return outcomes(*arguments[1:])
    print(re.sub(r"\n\nA dump.*", "", __doc__, flags=re.S), file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
