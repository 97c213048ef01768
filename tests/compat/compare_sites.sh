#!/usr/bin/env bash
# Makes the documentation site of the project at the root of the repository twice, from dbt's artifacts
# and from Aquifer's, and compares what the two sites show.
#
# Each side builds into a new database of its own. What can be set in the environment stands in sides.sh.
# Exit code 0: no difference.

source "$(dirname "${BASH_SOURCE[0]}")/sides.sh"

for side in dbt aquifer; do
    prepare "$side"
    for command in build "docs generate"; do
        # shellcheck disable=SC2086
        (cd "$work/$side" && "${program[$side]}" $command --project-dir . --profiles-dir .) >"$work/$side.log" 2>&1 ||
            { echo "$side: $command failed"; tail -n 40 "$work/$side.log"; exit 1; }
    done
done
# dbt's `docs generate` writes a run_results.json of its own; the site of dbt's artifacts needs no project.
(cd "$work" && "$AQUIFER" --quiet docs generate --artifacts "$work/dbt/target")
python3 "$here/compare_sites.py" "$work/dbt/target/index.html" "$work/aquifer/target/index.html"
