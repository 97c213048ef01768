#!/usr/bin/env bash
# Builds the project at the root of the repository with dbt and with Aquifer on
# one PostgreSQL server and compares everything that comes out.
#
# What can be set in the environment stands in sides.sh.
#
# Each side gets a new database of its own and a copy of the project. It is
# built three times: into nothing, again without any change, and after new seed
# rows arrived, so that incremental models and the snapshot have work to do.
# After each build both sides must agree on relations, columns, types, comments
# and rows, and on the outcome of every node; the second build must change no
# row. Exit code 0: no difference.

source "$(dirname "${BASH_SOURCE[0]}")/sides.sh"

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
