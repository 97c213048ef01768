#!/usr/bin/env bash
# Fills the shop's database and topic with 30 days, then adds days; after each build the marts are compared
# with the oracle where they were built (lakehouse) and where they were published (PostgreSQL).
#
#   AQUIFER_TEST_POSTGRES=postgresql://... examples/ecommerce/test.sh EXECUTABLE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/checking.sh"
begin "$(dirname "${BASH_SOURCE[0]}")" "${1:-}"
use_postgres

for days in 30 31 34; do
    echo "$days days"
    python3 "$project/generate.py" --days "$days" > /dev/null
    DBT_PROFILES_DIR=$project/database DBT_PROJECT_DIR=$project/database well "$aquifer" seed
    well "$aquifer" build
    echo "  in the lakehouse:"
    python3 "$here/oracle.py" "$project" --aquifer "$aquifer" --project "$project"
    echo "  as published:"
    python3 "$here/oracle.py" "$project" --aquifer "$aquifer" --project "$project" --target app --schema "${PGSCHEMA}_marts"
done
echo "ecommerce: well"
