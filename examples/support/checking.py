"""Compares the marts of an example project with what its oracle computes from the raw files.

An oracle hands its marts to `main`: by name, a function from the folder of raw files to `Mart`. It may
then be called in two ways:

    oracle.py FOLDER                                  say how many rows each mart should have
    oracle.py FOLDER --mart NAME                      print one mart as CSV
    oracle.py FOLDER --aquifer EXECUTABLE --project FOLDER [--target TARGET] [--schema SCHEMA]
                                                      compare all of them with what was built
"""

import argparse
import csv
import json
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

SHOWN = 10


class Mart(NamedTuple):
    """What a mart should hold: its columns, of which the first `keys` tell rows apart, and its rows."""

    columns: list
    keys: int
    rows: list


def rows_of(path):
    """The rows of a CSV file, an empty field as None."""
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield {name: value if value != "" else None for name, value in row.items()}


def moment(text):
    """A time as raw files and warehouses write it."""
    return datetime.fromisoformat(text.replace("T", " ").replace("Z", "+00:00"))


def canonical(value):
    """A value in a form that no warehouse has for its own."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    if isinstance(value, (date, datetime)):
        return day_or_time(value.isoformat(sep=" ") if isinstance(value, datetime) else value.isoformat())
    return value


def day_or_time(text):
    """A time at midnight is the day, and a fraction of zero is none."""
    text = text.replace("T", " ").removesuffix("Z").removesuffix("+00:00")
    head, dot, fraction = text.partition(".")
    if dot and fraction.isdigit():
        fraction = fraction.rstrip("0")
        text = head + (dot + fraction if fraction else "")
    return text.removesuffix(" 00:00:00")


def same(wanted, found):
    """Whether two values mean the same: numbers to nine digits, since sums are added in any order."""
    wanted, found = canonical(wanted), canonical(found)
    if isinstance(wanted, float) and isinstance(found, str):
        try:
            found = float(found)
        except ValueError:
            return False
    if isinstance(wanted, float) and isinstance(found, float):
        return abs(wanted - found) <= 1e-9 * max(1.0, abs(wanted), abs(found))
    if isinstance(wanted, str) and isinstance(found, str):
        return wanted == found or day_or_time(wanted) == day_or_time(found)
    return wanted == found and type(wanted) is type(found)


def key_of(row, keys):
    return tuple(day_or_time(str(canonical(row[name]))) for name in keys)


def differences(mart, found):
    """Yields a line for each difference between a mart as it should be and as it is."""
    keys = mart.columns[: mart.keys]
    if found and set(mart.columns) - set(found[0]):
        yield f"there is no column {', '.join(sorted(set(mart.columns) - set(found[0])))}"
        return
    by_key = {}
    for row in found:
        if by_key.setdefault(key_of(row, keys), row) is not row:
            yield f"{key_of(row, keys)} stands twice in the warehouse"
    for values in mart.rows:
        wanted = dict(zip(mart.columns, values, strict=True))
        key = key_of(wanted, keys)
        row = by_key.pop(key, None)
        if row is None:
            yield f"{key} is not in the warehouse"
            continue
        for name in mart.columns:
            if not same(wanted[name], row[name]):
                yield f"{key}: {name} should be {wanted[name]!r} and is {row[name]!r}"
    for key in by_key:
        yield f"{key} is only in the warehouse"


def built(options, name):
    """The rows of a mart as they stand in the warehouse."""
    if options.schema:
        command = [options.aquifer, "show", "--inline-direct", f"select * from {options.schema}.{name}"]
    else:
        command = [options.aquifer, "show", "--inline", f"select * from {{{{ ref('{name}') }}}}"]
    command += ["--output", "json"]
    command += ["--limit", "-1", "--quiet", "--project-dir", options.project, "--profiles-dir", options.project]
    command += ["--target", options.target] if options.target else []
    shown = subprocess.run(command, capture_output=True, text=True, check=False)
    if shown.returncode != 0:
        sys.exit(f"{name} cannot be read:\n{shown.stdout}{shown.stderr}")
    return json.loads(shown.stdout)["show"]


def compare(options, marts):
    """Prints a line for each mart, and its first differences; whether all are the same."""
    well = True
    for name, compute in marts.items():
        mart = compute(options.folder)
        lines = list(differences(mart, built(options, name)))
        verdict = f"{len(lines)} differences" if lines else "the same"
        print(f"  {name}: {len(mart.rows)} rows x {len(mart.columns)} columns, {verdict}")
        for line in lines[:SHOWN]:
            print(f"    {line}")
        # A mart that should be empty proves nothing.
        if not mart.rows:
            print("    no row is expected, so nothing was compared")
        well = well and bool(mart.rows) and not lines
    return well


def main(description, marts):
    """The command line of an oracle."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("folder", type=Path, help="where the raw files are")
    parser.add_argument("--mart", choices=marts, help="print this mart as CSV")
    parser.add_argument("--aquifer", help="the executable, to compare with what it built")
    parser.add_argument("--project", default=".", help="the folder of the project")
    parser.add_argument("--target", help="the output of profiles.yml")
    parser.add_argument("--schema", help="where the marts stand, if not where the project builds them")
    options = parser.parse_args()
    if options.aquifer:
        return 0 if compare(options, marts) else 1
    if options.mart:
        mart = marts[options.mart](options.folder)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(mart.columns)
        writer.writerows(mart.rows)
        return 0
    for name, compute in marts.items():
        print(f"{name}: {len(compute(options.folder).rows)} rows")
    return 0
