# Sourced by the scripts that build the project at the root of the repository into a store's bucket.
#
#   AQUIFER  the aquifer executable                            default: aquifer
#   PYTHON   a Python with `deltalake`                         default: python3
#   KEEP=1   leave the work folder behind
#
# Gives `work`, a folder that is removed at the end, and `build_and_compare PLACE SECTION [KEY=VALUE ...]`: the project
# is built twice, into the place and into a folder, then two more processes build it into the place at once. Every
# table must be readable by Python's `deltalake`, with as many rows and the same sums over every number in both
# places. SECTION is what the profile's output says of the store, the pairs are deltalake's storage options.
# shellcheck shell=bash
set -euo pipefail

AQUIFER=$(command -v "${AQUIFER:-aquifer}") || { echo "not found: aquifer" >&2; exit 2; }
PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import deltalake' 2>/dev/null || { echo "not found: the Python package deltalake" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
clean_up() { [ -n "${KEEP:-}" ] || rm -rf "$work"; }
trap clean_up EXIT

project() { # folder, target, place, section
    mkdir "$work/$1"
    cp -r "$root"/{project.yml,models,seeds,tests_sql} "$work/$1/"
    cat >"$work/$1/profiles.yml" <<YAML
growth_analytics:
  target: $2
  outputs:
    bucket: {type: lakehouse, path: "$3", schema: main, threads: 4, $4}
    folder: {type: lakehouse, path: "$work/lake", schema: main, threads: 4}
YAML
}

build() { (cd "$work/$1" && "$AQUIFER" build --quiet); }

build_and_compare() { # place, section, storage options
    local place=$1 section=$2 first
    shift 2
    project one bucket "$place" "$section"
    project two bucket "$place" "$section"
    project three folder "$place" "$section"
    echo "== the project, into $place and into a folder"
    build one
    build three
    "$PYTHON" "$here/bucket_tables.py" "$work/lake" "$place" "$@"
    echo "== two processes at once"
    build one &
    first=$!
    build two
    wait "$first"
    "$PYTHON" "$here/bucket_tables.py" "$work/lake" "$place" "$@"
}
