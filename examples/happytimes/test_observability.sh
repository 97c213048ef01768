#!/usr/bin/env bash
# Thirty clean days, a run each: no test that compares with the past may find anything. Then four times a day
# more that is broken on purpose: the matching test must find it, and tell a webhook.
#
#   examples/happytimes/test_observability.sh EXECUTABLE
#
# AQUIFER_EXAMPLE_TARGET may name another output of profiles.yml than `lakehouse`.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/checking.sh"
begin "$(dirname "${BASH_SOURCE[0]}")" "${1:-}"

# live DAYS [ARGUMENTS]: the files of that many days, and a build at the end of the last one, of what those tests
# look at.
live() {
    python3 "$project/generate.py" --days "$@" > /dev/null
    well "$aquifer" build --select raw_visits src_visits --target "${AQUIFER_EXAMPLE_TARGET:-lakehouse}" \
        --vars "as_of: $(date --date "2025-01-01 + $1 days" +%F)" > /dev/null
}

# found: the tests that compare with the past and found something, in one line.
found() {
    python3 - "$project/target/run_results.json" <<'PYTHON'
import json, sys
tests = ["visits_arrive_as_usual", "visits_are_fresh", "visits_have_a_source", "visits_have_the_usual_columns"]
results = {result["unique_id"].split(".")[2]: result["status"] for result in json.load(open(sys.argv[1]))["results"]}
missing = [test for test in tests if test not in results]
assert not missing, f"not run: {missing}"
print(" ".join(test for test in tests if results[test] != "pass"))
PYTHON
}

for days in $(seq 31 60); do
    live "$days"
    [ -z "$(found)" ] || fail "day $days is clean, yet: $(found)"
done
echo "thirty clean days, a run each: nothing found"

# A local server that keeps what it is told.
python3 -u - "$work/told" > "$work/port" <<'PYTHON' &
import http.server, sys
class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        with open(sys.argv[1], "ab") as file:
            file.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Server)
print(server.server_port)
server.serve_forever()
PYTHON
server=$!
trap 'kill $server; finish' EXIT
until [ -s "$work/port" ]; do sleep 0.1; done
AQUIFER_ALERT_WEBHOOK="http://127.0.0.1:$(cat "$work/port")/"
export AQUIFER_ALERT_WEBHOOK

cp -r "$project" "$work/clean"
while read -r fault test; do
    rm -rf "$project" "$work/told"
    cp -r "$work/clean" "$project"
    live 61 --fault "$fault"
    case " $(found) " in
        *" $test "*) echo "$fault: found by $(found)" ;;
        *) fail "$fault was not found by $test, but by: $(found)" ;;
    esac
    grep -q "$test" "$work/told" || fail "the webhook was not told of $test"
done <<FAULTS
volume_drop visits_arrive_as_usual
late_data visits_are_fresh
null_burst visits_have_a_source
new_column visits_have_the_usual_columns
FAULTS
echo "the webhook was told of each"
echo "happytimes: well"
