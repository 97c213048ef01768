#!/usr/bin/env bash
# Backfills 40 days in parallel batches, then adds days as a daily run does, with events that arrive late;
# after each the marts are compared with the oracle.
#
#   examples/note_taking/test.sh EXECUTABLE
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/../support/checking.sh"
begin "$(dirname "${BASH_SOURCE[0]}")" "${1:-}"

day() { date --date "2024-01-01 + $1 days" +%F; }

# build DAYS FROM: the files of that many days, and the batches from the day numbered FROM on.
build() {
    echo "$1 days, batches from $(day "$2") to $(day $(($1 - 1)))"
    python3 "$project/generate.py" --days "$1" > /dev/null
    well "$aquifer" build --event-time-start "$(day "$2")" --event-time-end "$(day "$1")"
    python3 "$here/oracle.py" "$project/landing" --aquifer "$aquifer" --project "$project"
}

rm -rf "$project/landing"
build 40 0
for days in 41 42 43; do
    build "$days" $((days - 2))
done
echo "note_taking: well"
