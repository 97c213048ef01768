# Sourced by the test.sh of each example: a copy of the project to work in, builds that must end well, and
# the warehouses to build on.

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# finish: takes away what was made; schemas too, when use_postgres was called.
finish() {
    [ -z "${PGSCHEMA:-}" ] || drop_schemas "$PGSCHEMA" > /dev/null || true
    rm -rf "$work"
}

# begin FOLDER EXECUTABLE: copies the project and the support files; sets $aquifer, $here and $project.
begin() {
    here=$(realpath "$1")
    [ -n "${2:-}" ] || fail "the first argument is the executable"
    aquifer=$(realpath "$2")
    work=$(mktemp -d)
    trap finish EXIT
    mkdir "$work/project"
    # What git does not keep is made anew.
    (cd "$here" && tar --create --exclude=./target --exclude=./logs --exclude=__pycache__ .) | tar --extract --directory "$work/project"
    cp -r "$here/../support" "$work/support"
    project=$work/project
    unset PGSCHEMA
    export PYTHONDONTWRITEBYTECODE=1
    export DBT_PROFILES_DIR=$project DBT_PROJECT_DIR=$project DBT_USE_COLORS=0
}

# well COMMAND...: runs it, shows its last line, and all of it when it fails.
well() {
    local status=0
    "$@" > "$work/output" 2>&1 || status=$?
    [ "$status" = 0 ] || { cat "$work/output" >&2; fail "exit code $status of: $*"; }
    grep '^.*Done\. ' "$work/output" | sed 's/^.*Done\./  Done./' || true
}

# warehouses: `lakehouse`, and `postgres` when AQUIFER_TEST_POSTGRES (a URL) says where there is one.
warehouses() {
    echo lakehouse
    [ -z "${AQUIFER_TEST_POSTGRES:-}" ] || echo postgres
}

# use_postgres: the variables that profiles.yml reads, from the URL, and a schema that nobody else uses.
use_postgres() {
    [ -n "${AQUIFER_TEST_POSTGRES:-}" ] || fail "set AQUIFER_TEST_POSTGRES to the URL of a PostgreSQL database"
    eval "$(python3 - "$AQUIFER_TEST_POSTGRES" <<'PYTHON'
import shlex, sys
from urllib.parse import unquote, urlsplit
url = urlsplit(sys.argv[1])
for name, value in [("PGHOST", url.hostname), ("PGPORT", url.port or 5432), ("PGUSER", url.username),
                    ("PGPASSWORD", url.password), ("PGDATABASE", url.path.lstrip("/"))]:
    print(f"export {name}={shlex.quote(unquote(str(value or '')))}")
PYTHON
    )"
    export PGSCHEMA=example_$$
}

# drop_schemas PREFIX: drops the schemas of PostgreSQL of that name and those that begin with it, by a project of one macro.
drop_schemas() {
    mkdir -p "$work/drop/macros"
    printf 'name: drop\nprofile: drop\n' > "$work/drop/project.yml"
    cat > "$work/drop/profiles.yml" <<YAML
drop:
  target: it
  outputs:
    it: {type: postgres, host: $PGHOST, port: $PGPORT, user: $PGUSER, password: '$PGPASSWORD', dbname: $PGDATABASE, schema: $1}
YAML
    cat > "$work/drop/macros/drop.sql" <<'SQL'
{% macro drop_schemas(prefix) %}
    {% for row in run_query("select nspname from pg_namespace where nspname = '" ~ prefix ~ "' or starts_with(nspname, '" ~ prefix ~ "_')") %}
        {% do run_query('drop schema "' ~ row[0] ~ '" cascade') %}
    {% endfor %}
{% endmacro %}
SQL
    "$aquifer" run-operation drop_schemas --args "{prefix: $1}" --project-dir "$work/drop" --profiles-dir "$work/drop"
}
