# Sourced by the scripts that build the project at the root of the repository with dbt and with Aquifer.
#
#   DBT      the dbt executable (v1.11 with dbt-postgres)      default: dbt
#   AQUIFER  the aquifer executable                            default: aquifer
#   PGHOST PGPORT PGUSER PGPASSWORD                            the server
#   PGDATABASE  a database to connect to first                 default: postgres
#   KEEP=1   leave the databases and the work folder behind
#
# Gives `here`, `root`, `work` (removed at the end), `program[side]`, `database[side]` and `prepare side`, where a side
# is `dbt` or `aquifer`. Wants `psql` and Python 3.8 or later.
# shellcheck shell=bash disable=SC2034
set -euo pipefail

DBT=${DBT:-dbt}
AQUIFER=${AQUIFER:-aquifer}
export PGHOST=${PGHOST:-localhost} PGPORT=${PGPORT:-5432}
export PGUSER=${PGUSER:-postgres} PGPASSWORD=${PGPASSWORD:-}
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
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

# A copy of the project in $work/side with a profile into a new database.
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
