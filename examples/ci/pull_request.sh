#!/usr/bin/env bash
# Acts out a pull request on a PostgreSQL server: production is built, one model is changed, CI builds it
# and its children against production's relations, is killed half-way and takes up what is left.
#
#   AQUIFER_BIN=target/release/aquifer AQUIFER_TEST_POSTGRES=postgresql://user:password@host:port/database \
#       examples/ci/pull_request.sh
set -euo pipefail

aquifer=$(realpath "${AQUIFER_BIN:-$(command -v aquifer)}")
: "${AQUIFER_TEST_POSTGRES:?the URL of a PostgreSQL server}"
repository=$(realpath "$(dirname "$0")/../..")
work=$(mktemp -d)
suffix=$$
trap 'rm -rf "$work"' EXIT

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# The value of a key path of a JSON file, by Python: it is there wherever Airflow and dbt users are.
json() { python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); print(eval(sys.argv[2], {"d": d}))' "$@"; }

read -r user password host port database <<<"$(python3 - "$AQUIFER_TEST_POSTGRES" <<'PY'
import sys
from urllib.parse import urlparse
url = urlparse(sys.argv[1])
print(url.username, url.password, url.hostname, url.port or 5432, url.path.lstrip("/"))
PY
)"
output() {
    echo "{type: postgres, host: $host, port: $port, user: $user, password: '$password', dbname: $database, schema: $1, threads: 4}"
}

cp -r "$repository"/{models,seeds,tests_sql,project.yml} "$work"
cd "$work"
cat > profiles.yml <<YAML
growth_analytics:
  target: prod
  outputs:
    prod: $(output "ci_prod_$suffix")
    ci: $(output "ci_branch_$suffix")
YAML

say "the main branch: production is built, its artifacts are kept"
"$aquifer" build --target prod --quiet
mkdir prod-state
cp target/manifest.json target/run_results.json prod-state/

say "a branch that changes nothing has nothing to build, in another environment too"
changed=$("$aquifer" ls --target ci --select state:modified --indirect-selection empty --state prod-state --output name --quiet)
[ -z "$changed" ] || fail "nothing was changed, and yet modified: $changed"

say "a branch that changes one model"
model=$("$aquifer" ls --target prod --resource-type model --output json --output-keys name original_file_path --quiet \
    | python3 -c 'import json,sys; rows=[json.loads(l) for l in sys.stdin]; print(next(r["original_file_path"] for r in rows if r["name"].startswith("stg_")))')
name=$(basename "$model" .sql)
printf '\n-- changed by this branch\n' >> "$model"
changed=$("$aquifer" ls --target ci --select state:modified --indirect-selection empty --state prod-state --output name --quiet)
[ "$changed" = "$name" ] || fail "only $name was changed, but modified: $changed"

say "CI builds $name and what depends on it, reading the rest from production"
expected=$("$aquifer" ls --target ci --select "$name+" --exclude config.materialized:ephemeral --resource-type model --output name --quiet | sort)
"$aquifer" build --target ci --select state:modified+ --defer --state prod-state \
    --summary-file "$work/summary.md" --no-use-colors
built=$(json target/run_results.json '"\n".join(sorted(r["unique_id"].split(".")[2] for r in d["results"] if r["unique_id"].startswith("model.")))')
[ "$built" = "$expected" ] || fail "built: $built; expected: $expected"
grep -q '^## `aquifer build` passed' summary.md || fail "the summary is not what the page shows"
grep -rqs "ci_prod_$suffix" target/compiled || fail "nothing was read from production"

say "CI is killed, and takes up only what had not ended well"
"$aquifer" build --target ci --threads 1 --no-use-colors > killed.log 2>&1 &
pid=$!
until [ "$(cat target/runs/*/progress.jsonl 2>/dev/null | wc -l)" -ge 8 ]; do
    kill -0 "$pid" 2>/dev/null || fail "the run ended before it could be killed: $(tail -3 killed.log)"
    sleep 0.05
done
kill -9 "$pid"
wait "$pid" 2>/dev/null || true
journal=$(ls -t target/runs/*/progress.jsonl | head -1)
cp "$journal" journal.jsonl
"$aquifer" retry --no-use-colors | tail -3
python3 - <<'PY'
import json
lines = [json.loads(line) for line in open("journal.jsonl") if line.endswith("\n")]
planned, ended = set(lines[0]["planned"]), {line["unique_id"]: line["status"] for line in lines[1:]}
good = {name for name, status in ended.items() if status in ("success", "pass", "warn", "no-op")}
again = {result["unique_id"] for result in json.load(open("target/run_results.json"))["results"]}
assert good, "nothing had ended before the kill"
assert again == planned - good, f"again: {len(again)}, planned: {len(planned)}, ended well: {len(good)}"
print(f"planned {len(planned)}, ended well before the kill {len(good)}, run again {len(again)}")
PY

say "done"
