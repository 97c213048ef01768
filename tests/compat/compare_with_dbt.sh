#!/usr/bin/env bash
# Builds the project at the root of the repository with dbt and with Aquifer on
# one PostgreSQL server and compares everything that comes out.
#
#   DBT      the dbt executable (v1.11 with dbt-postgres)      default: dbt
#   AQUIFER  the aquifer executable                            default: aquifer
#   PGHOST PGPORT PGUSER PGPASSWORD                            the server
#   PGDATABASE  a database to connect to first                 default: postgres
#   KEEP=1   leave the two databases and the work folder behind
#
# Each side gets a new database of its own and a copy of the project. It is
# built three times: into nothing, again without any change, and after new seed
# rows arrived, so that incremental models and the snapshot have work to do.
# After each build both sides must agree on relations, columns, types, comments
# and rows, and on the outcome of every node; the second build must change no
# row. Wants `psql` and Python 3.8 or later. Exit code 0: no difference.

set -euo pipefail

DBT=${DBT:-dbt}
AQUIFER=${AQUIFER:-aquifer}
export PGHOST=${PGHOST:-localhost} PGPORT=${PGPORT:-5432}
export PGUSER=${PGUSER:-postgres} PGPASSWORD=${PGPASSWORD:-}
PGDATABASE=${PGDATABASE:-postgres}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
declare -A database=([dbt]="compat_dbt_$$" [aquifer]="compat_aquifer_$$")
declare -A program=([dbt]="$DBT" [aquifer]="$AQUIFER")

for wanted in "$DBT" "$AQUIFER" psql python3; do
    command -v "$wanted" >/dev/null || { echo "not found: $wanted" >&2; exit 2; }
done

run_sql() {
    psql --quiet --no-psqlrc --dbname "$PGDATABASE" --command "$1"
}

clean_up() {
    if [ -n "${KEEP:-}" ]; then
        echo "kept: $work, databases ${database[dbt]} and ${database[aquifer]}"
        return
    fi
    for side in dbt aquifer; do
        run_sql "drop database if exists ${database[$side]}" || true
    done
    rm -rf "$work"
}
trap clean_up EXIT

prepare() { # side
    local copy=$work/$1
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
      dbname: ${database[$1]}
      schema: main
      threads: 4
YAML
    run_sql "create database ${database[$1]}"
}

build() { # side, label
    local copy=$work/$1 log=$work/$1.$2.log
    if ! (cd "$copy" && "${program[$1]}" build --project-dir "$copy" --profiles-dir "$copy") >"$log" 2>&1; then
        echo "$1: build '$2' failed"
        tail -n 40 "$log"
        return 1
    fi
    echo "$1: $(grep -a 'Done\.' "$log" | tail -n 1 | sed 's/.*Done\./Done./')"
    # Kept apart: the next build overwrites it.
    cp "$copy/target/run_results.json" "$work/$1.$2.results.json"
    python3 "$here/compare_databases.py" dump "${database[$1]}" "$work/$1.$2.dump"
}

compare() { # what, one dump, other dump
    python3 "$here/compare_databases.py" diff "$1" "$2" "$3" || failed=1
}

failed=
for side in dbt aquifer; do prepare "$side"; done
for label in first again evolved; do
    echo "== build: $label"
    if [ "$label" = evolved ]; then
        for side in dbt aquifer; do
            python3 "$here/evolve_seeds.py" "$work/$side/seeds"
        done
    fi
    for side in dbt aquifer; do build "$side" "$label"; done
    compare "relations" "$work/dbt.$label.dump" "$work/aquifer.$label.dump"
    python3 "$here/compare_databases.py" outcomes \
        "$work/dbt.$label.results.json" "$work/aquifer.$label.results.json" || failed=1
    if [ "$label" = again ]; then
        for side in dbt aquifer; do
            compare "$side, first and second build" "$work/$side.first.dump" "$work/$side.again.dump"
        done
    fi
done

if [ -n "$failed" ]; then
    echo "DIFFERENT"
    exit 1
fi
echo "no difference"
