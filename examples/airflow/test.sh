#!/usr/bin/env bash
# Runs the three DAGs of this folder in a real Airflow and asserts on what they log.
#
#   AQUIFER_BIN=target/release/aquifer AIRFLOW=/opt/airflow/bin/airflow \
#   AQUIFER_TEST_POSTGRES=postgresql://user:password@host:port/database examples/airflow/test.sh
#
# Airflow: python -m venv /opt/airflow && /opt/airflow/bin/pip install apache-airflow astronomer-cosmos
set -euo pipefail

here=$(realpath "$(dirname "$0")")
repository=$(realpath "$here/../..")
airflow=$(realpath "${AIRFLOW:-$(command -v airflow)}")
python=$(dirname "$airflow")/python
: "${AQUIFER_TEST_POSTGRES:?the URL of a PostgreSQL server}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
suffix=$$

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

export AQUIFER_BIN
AQUIFER_BIN=$(realpath "${AQUIFER_BIN:-$(command -v aquifer)}")
export AQUIFER_PROJECT_DIR=$work/project AQUIFER_PROFILES_DIR=$work/profiles AQUIFER_TARGET=postgres
export AQUIFER_MANIFEST=$work/manifest.json AQUIFER_RETRY_SECONDS=5 AQUIFER_RETRIES=0
export AIRFLOW_HOME=$work/airflow AIRFLOW__CORE__LOAD_EXAMPLES=False AIRFLOW__CORE__DAGS_FOLDER=$here/dags
export AIRFLOW__LOGGING__LOGGING_LEVEL=INFO AIRFLOW__COSMOS__ENABLE_CACHE=False AIRFLOW__COSMOS__ENABLE_TELEMETRY=False
export PYTHONPATH=$here/dags PYTHONDONTWRITEBYTECODE=1

mkdir -p "$AQUIFER_PROJECT_DIR" "$AQUIFER_PROFILES_DIR" "$AIRFLOW_HOME"
cp -r "$repository"/{models,seeds,tests_sql} "$AQUIFER_PROJECT_DIR"
# Cosmos looks for a file of dbt's name.
cp "$repository/project.yml" "$AQUIFER_PROJECT_DIR/dbt_project.yml"
"$python" - "$AQUIFER_TEST_POSTGRES" "airflow_$suffix" > "$AQUIFER_PROFILES_DIR/profiles.yml" <<'PY'
import json, sys
from urllib.parse import urlparse
url = urlparse(sys.argv[1])
output = dict(type="postgres", host=url.hostname, port=url.port or 5432, user=url.username, password=url.password,
              dbname=url.path.lstrip("/"), schema=sys.argv[2], threads=4)
print(json.dumps({"growth_analytics": {"target": "postgres", "outputs": {"postgres": output}}}))
PY

run() { "$airflow" dags test "$1" > "$work/$1.log" 2>&1; }
# How many task instances of the last run ended in a state, by the database of Airflow.
states() {
    "$python" - "$AIRFLOW_HOME/airflow.db" "$1" <<'PY'
import collections, json, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute(
    "select task_id, state from task_instance where dag_id = ? and run_id = "
    "(select run_id from dag_run where dag_id = ? order by id desc limit 1)", (sys.argv[2], sys.argv[2])).fetchall()
print(json.dumps(dict(rows)))
PY
}
check() { "$python" -c "import json,sys; s=json.loads(sys.argv[1]); $2" "$1" || fail "$3: $1"; }

say "a database for Airflow"
"$airflow" db migrate > "$work/migrate.log" 2>&1
"$AQUIFER_BIN" parse --project-dir "$AQUIFER_PROJECT_DIR" --profiles-dir "$AQUIFER_PROFILES_DIR" --target-path "$work/target" --quiet
cp "$work/target/manifest.json" "$AQUIFER_MANIFEST"
models=$("$AQUIFER_BIN" ls --project-dir "$AQUIFER_PROJECT_DIR" --profiles-dir "$AQUIFER_PROFILES_DIR" --resource-type model --output name --quiet | wc -l)
seeds=$(ls "$AQUIFER_PROJECT_DIR"/seeds/*.csv | wc -l)

for dag in aquifer_cosmos_ls aquifer_cosmos_manifest; do
    say "$dag: a task for each of $models models and $seeds seeds, all of which end well"
    run "$dag" || { tail -40 "$work/$dag.log"; fail "$dag"; }
    check "$(states "$dag")" "
runs=[t for t in s if t.endswith('_run') or t.endswith('.run')]
loads=[t for t in s if t.endswith('_seed') or t.endswith('.seed')]
assert len(runs)==$models and len(loads)==$seeds, (len(runs), len(loads))
assert set(s.values())=={'success'}, s
print(len(s), 'tasks, all success')" "$dag"
done

say "a model that fails fails its own task, and what depends on it"
broken=$(ls "$AQUIFER_PROJECT_DIR"/models/staging/*.sql | head -1)
name=$(basename "$broken" .sql)
cp "$broken" "$work/whole.sql"
echo "select nothing from nowhere" > "$broken"
run aquifer_cosmos_ls && fail "a broken model did not fail the DAG"
check "$(states aquifer_cosmos_ls)" "
failed=[t for t,v in s.items() if v=='failed']
assert [t.split('.')[0] for t in failed]==['$name'], failed
assert any(v=='upstream_failed' for v in s.values()) and any(v=='success' for v in s.values()), s
print('failed:', failed, 'upstream failed:', sum(v=='upstream_failed' for v in s.values()), 'success:', sum(v=='success' for v in s.values()))" "one failure"
grep -q 'nowhere' "$work/aquifer_cosmos_ls.log" || fail "the log of the task does not say what is wrong"

say "the second try of the Bash DAG takes up what the first one left"
(
    # Whoever is called at night: the model is put right before the second try.
    until grep -qs 'UP_FOR_RETRY\|up_for_retry' "$work/aquifer_bash.log"; do sleep 0.5; done
    cp "$work/whole.sql" "$broken"
) &
mender=$!
run aquifer_bash || { tail -40 "$work/aquifer_bash.log"; fail "aquifer_bash"; }
wait "$mender"
check "$(states aquifer_bash)" "assert set(s.values())=={'success'}, s; print(s)" "aquifer_bash"
"$python" - "$work/aquifer_bash.log" <<'PY' || fail "the second try"
import re, sys
done = re.findall(r"Done\. PASS=(\d+) WARN=(\d+) ERROR=(\d+) SKIP=(\d+) NO-OP=\d+ TOTAL=(\d+)", open(sys.argv[1]).read())
(p1, w1, e1, s1, t1), (p2, w2, e2, s2, t2) = [tuple(map(int, line)) for line in done[:2]]
assert e1 >= 1 and s1 >= 1, done
assert (e2, s2) == (0, 0) and t2 == e1 + s1, done
print(f"first try: {t1} nodes, {e1} failed, {s1} skipped; second try: {t2} nodes, all well")
PY

say "done"
