#!/usr/bin/env bash
# Builds Happy Times on both warehouses and compares its marts with the oracle: 60 days, then 20 days more
# by an incremental run, then the same once more.
#
#   examples/happytimes/test.sh EXECUTABLE
#
# PostgreSQL is used when AQUIFER_TEST_POSTGRES is set to a URL.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/checking.sh"
begin "$(dirname "${BASH_SOURCE[0]}")" "${1:-}"

build_and_compare() {
    echo "$1: $2 days"
    python3 "$project/generate.py" --days "$2" > /dev/null
    well "$aquifer" build --target "$1" --vars "as_of: $(date --date "2025-01-01 + $2 days" +%F)"
    python3 "$here/oracle.py" "$project/landing" --aquifer "$aquifer" --project "$project" --target "$1"
}

for warehouse in $(warehouses); do
    [ "$warehouse" != postgres ] || use_postgres
    for days in 60 80 80; do
        build_and_compare "$warehouse" "$days"
    done
done
echo "happytimes: well"
