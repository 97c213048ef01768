#!/usr/bin/env bash
# Lands and attributes 10 days at once and then five more day by day, so that events arrive late; the marts
# are compared with the oracle after each step, and with those of a rebuild from nothing.
#
#   examples/click_attribution/test.sh EXECUTABLE
#
# DELTA_PYTHON names a Python that has `deltalake`: the tables are then also read by another stack.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/checking.sh"
begin "$(dirname "${BASH_SOURCE[0]}")" "${1:-}"

land() {
    python3 "$project/generate.py" --days "$1" > /dev/null
    DBT_PROFILES_DIR=$project/landing DBT_PROJECT_DIR=$project/landing well "$aquifer" run
}

compare() {
    python3 "$here/oracle.py" "$project" --aquifer "$aquifer" --project "$project"
}

for days in 10 11 12 13 14 15; do
    echo "lakehouse: $days days"
    land "$days"
    well "$aquifer" build
    compare
done
echo "lakehouse: built anew"
well "$aquifer" build --full-refresh
compare

if [ -n "${DELTA_PYTHON:-}" ]; then
    "$DELTA_PYTHON" - "$project" <<'PYTHON'
import csv, glob, sys
from deltalake import DeltaTable
project = sys.argv[1]
for kind in ["clicks", "checkouts"]:
    landed = sum(len(list(csv.DictReader(open(path)))) for path in glob.glob(f"{project}/inbox/{kind}/*/*.csv"))
    table = DeltaTable(f"{project}/lake/landing/{kind}")
    rows = table.count()
    assert rows == landed, (kind, rows, landed)
    print(f"  {kind} by Python's deltalake: {rows} rows in {table.version() + 1} commits, as many as in the files")
PYTHON
fi
echo "click_attribution: well"
