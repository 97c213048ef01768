#!/usr/bin/env bash
# Drives the documentation site and the data report in headless Chromium.
#
#   tests/browser/run.sh [EXECUTABLE] [SIZE...]     default: target/debug/aquifer 30 500 5000
#
# Needs node with npm, and python3. playwright-core is installed beside this script; Chromium is that of
# CHROMIUM, else what stands in the PATH, else it is installed with apt (as root, on Debian). Pictures go to
# target/browser (BROWSER_OUTPUT), with figures.json: time until the page can be used, memory, and the time of
# one frame while the graph moves.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
executable=$(realpath "${1:-$repository/target/debug/aquifer}")
shift || true
sizes=("$@")
[ ${#sizes[@]} -gt 0 ] || sizes=(30 500 5000)
output=${BROWSER_OUTPUT:-$repository/target/browser}
mkdir -p "$output"

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$chromium" ]; then
    apt-get install --yes --quiet chromium >/dev/null
    chromium=$(command -v chromium)
fi
[ -d "$here/node_modules/playwright-core" ] || npm install --prefix "$here" --no-audit --no-fund --no-package-lock --silent

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DBT_SEND_ANONYMOUS_USAGE_STATS=false
for size in "${sizes[@]}"; do
    python3 "$repository/benches/compare/generate.py" "$size" "$work/$size" >/dev/null
    (cd "$work/$size" && "$executable" --quiet parse --profiles-dir .)
    node "$here/make_history.mjs" "$work/$size/target" 40
    (cd "$work/$size" && "$executable" --quiet docs generate --artifacts target && "$executable" --quiet report)
done
node "$here/check.mjs" "$chromium" "$work" "$output" "${sizes[@]}"
