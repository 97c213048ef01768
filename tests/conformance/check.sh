#!/usr/bin/env bash
# Runs dbt's own adapter tests against an executable and fails when fewer than 95 % of them pass.
#
#   tests/conformance/check.sh EXECUTABLE [run.sh's options]
#
# PYTHON is an interpreter with the packages below; without it an environment is made in
# AQUIFER_CONFORMANCE_ENV (default: a folder for temporary files) and used again the next time.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
executable=$(realpath "${1:?the executable to test}")
shift

if [ -z "${PYTHON:-}" ]; then
    environment=${AQUIFER_CONFORMANCE_ENV:-${TMPDIR:-/tmp}/aquifer-conformance-env}
    if ! "$environment/bin/python" -c 'import dbt.tests.adapter, xdist, pytest_timeout, freezegun' 2>/dev/null; then
        python3 -m venv "$environment"
        "$environment/bin/pip" install --quiet 'dbt-core==1.11.*' dbt-postgres dbt-tests-adapter 'pytest<10' \
            pytest-xdist pytest-timeout pytest-mock freezegun
    fi
    export PYTHON=$environment/bin/python
fi

started=$("$here/../setup/postgres.sh")
eval "$started"
read -r host port < <("$PYTHON" -c 'import sys, urllib.parse as u; a = u.urlparse(sys.argv[1]); print(a.hostname, a.port or 5432)' "$AQUIFER_TEST_POSTGRES")
export POSTGRES_TEST_HOST=$host POSTGRES_TEST_PORT=$port
# Roles and databases that stand already are fine.
psql "$AQUIFER_TEST_POSTGRES" --quiet --no-psqlrc --file "$here/setup_postgres.sql" 2>&1 | grep -v 'already exists' || true

output=$(bash "$here/run.sh" "$executable" adapter "$@") || true
echo "$output"
counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' <<<"$output" | tail -n 1)
read -r passed failed < <(sed -E 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/' <<<"$counts")
if [ -z "${passed:-}" ] || [ $((passed * 100)) -lt $(((passed + failed) * 95)) ]; then
    echo "fewer than 95 % of the cases pass" >&2
    exit 1
fi
