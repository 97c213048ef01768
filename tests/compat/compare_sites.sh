#!/usr/bin/env bash
# Makes the documentation site of the project at the root of the repository twice, from dbt's artifacts
# and from Aquifer's, and compares what the two sites show.
#
#   DBT      the dbt executable (v1.11 with dbt-postgres)      default: dbt
#   AQUIFER  the aquifer executable                            default: aquifer
#   PGHOST PGPORT PGUSER PGPASSWORD                            the server
#   PGDATABASE  a database to connect to first                 default: postgres
#
# Each side builds into a new database of its own. Wants `psql` and python3. Exit code 0: no difference.
set -euo pipefail

DBT=${DBT:-dbt}
AQUIFER=${AQUIFER:-aquifer}
export PGHOST=${PGHOST:-localhost} PGPORT=${PGPORT:-5432}
export PGUSER=${PGUSER:-postgres} PGPASSWORD=${PGPASSWORD:-}
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)

run_sql() { psql --quiet --no-psqlrc --dbname "${PGDATABASE:-postgres}" --command "$1"; }
clean_up() {
    for side in dbt aquifer; do run_sql "drop database if exists sites_${side}_$$" || true; done
    rm -rf "$work"
}
trap clean_up EXIT

for side in dbt aquifer; do
    copy=$work/$side
    mkdir -p "$copy"
    cp "$root/project.yml" "$copy/dbt_project.yml"
    cp -r "$root/models" "$root/seeds" "$root/tests_sql" "$copy/"
    cat >"$copy/profiles.yml" <<YAML
growth_analytics:
  target: compat
  outputs:
    compat:
      type: postgres
      host: "{{ env_var('PGHOST') }}"
      port: "{{ env_var('PGPORT') | as_number }}"
      user: "{{ env_var('PGUSER') }}"
      password: "{{ env_var('PGPASSWORD') }}"
      dbname: sites_${side}_$$
      schema: main
      threads: 4
YAML
    run_sql "create database sites_${side}_$$"
    program=$([ "$side" = dbt ] && echo "$DBT" || echo "$AQUIFER")
    for command in build "docs generate"; do
        # shellcheck disable=SC2086
        (cd "$copy" && "$program" $command --project-dir . --profiles-dir .) >"$work/$side.log" 2>&1 ||
            { echo "$side: $command failed"; tail -n 40 "$work/$side.log"; exit 1; }
    done
done
# dbt's `docs generate` writes a run_results.json of its own; the site of dbt's artifacts needs no project.
(cd "$work" && "$AQUIFER" --quiet docs generate --artifacts "$work/dbt/target")
python3 "$here/compare_sites.py" "$work/dbt/target/index.html" "$work/aquifer/target/index.html"
