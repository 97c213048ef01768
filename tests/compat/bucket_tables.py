#!/usr/bin/env python3
"""A lakehouse in a bucket, as Python's deltalake sees it.

    bucket_tables.py FOLDER ADDRESS [KEY=VALUE ...]

Compares every table below the address with that of a lakehouse in the folder. The keys are deltalake's storage
options: who asks, and where.
"""

import json
import pathlib
import sys


def summary(address, options=None):
    """Columns with their types, rows, and a sum or a count of each column."""
    from deltalake import DeltaTable, QueryBuilder

    table = DeltaTable(address, storage_options=options)
    columns = {field["name"]: str(field["type"]) for field in json.loads(table.schema().to_json())["fields"]}
    wanted = ["count(*)"]
    for name, kind in columns.items():
        # Times of a run differ from run to run, and sums of doubles in their last digits.
        if kind in ("integer", "long", "short") or kind.startswith("decimal"):
            wanted.append(f'sum("{name}")')
        elif kind in ("float", "double"):
            wanted.append(f'round(sum("{name}"), 4)')
        elif kind in ("timestamp", "timestamp_ntz"):
            wanted.append(f'count("{name}")')
        else:
            wanted.append(f'count(distinct "{name}")')
    selected = ", ".join(f"cast({sql} as varchar) as c{index}" for index, sql in enumerate(wanted))
    rows = QueryBuilder().register("t", table).execute(f"select {selected} from t").read_all()
    values = [rows.column(index)[0].as_py() for index in range(rows.num_columns)]
    return columns, values


def compare(folder, address, options):
    tables = sorted(log.parent.relative_to(folder) for log in pathlib.Path(folder).glob("*/*/_delta_log"))
    if not tables:
        print("the folder holds no table", file=sys.stderr)
        return 1
    different = 0
    for table in tables:
        here, there = summary(str(pathlib.Path(folder) / table)), summary(f"{address}/{table}", options)
        if here != there:
            different += 1
            print(f"{table}:\n  folder {here}\n  bucket {there}", file=sys.stderr)
    print(f"{len(tables)} tables read from the bucket, {different} differ from those of the folder")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(compare(sys.argv[1], sys.argv[2], dict(pair.split("=", 1) for pair in sys.argv[3:])))
