#!/usr/bin/env bash
# Builds the project at the root of the repository into a bucket and reads it back with another stack.
#
#   AQUIFER          the aquifer executable                            default: aquifer
#   PYTHON           a Python with `deltalake`                         default: python3
#   AQUIFER_TEST_S3  the bucket, http://key:secret@host:port/bucket    default: tests/setup/s3.sh starts a server
#   KEEP=1           leave the work folder behind
#
# The project is built twice, into a new place of the bucket and into a folder, then two more processes
# build it into the bucket at once. Every table must be readable by Python's `deltalake`, with as many rows
# and the same sums over every number in both places.
# Exit code 0: no difference.

set -euo pipefail

AQUIFER=$(command -v "${AQUIFER:-aquifer}") || { echo "not found: aquifer" >&2; exit 2; }
PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import deltalake' 2>/dev/null || { echo "not found: the Python package deltalake" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap '[ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT

started=$("$root/tests/setup/s3.sh")
eval "$started"
[[ $AQUIFER_TEST_S3 =~ ^(https?://)([^:]+):([^@]+)@([^/]+)/(.+)$ ]] || { echo "no URL: $AQUIFER_TEST_S3" >&2; exit 2; }
S3_ENDPOINT=${BASH_REMATCH[1]}${BASH_REMATCH[4]}
AWS_ACCESS_KEY_ID=${BASH_REMATCH[2]} AWS_SECRET_ACCESS_KEY=${BASH_REMATCH[3]} AWS_REGION=us-east-1
S3_PLACE=s3://${BASH_REMATCH[5]%/}/growth-$$-$RANDOM
export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_REGION S3_ENDPOINT S3_PLACE

project() {
    mkdir "$work/$1"
    cp -r "$root"/{project.yml,models,seeds,tests_sql} "$work/$1/"
    cat >"$work/$1/profiles.yml" <<YAML
growth_analytics:
  target: $2
  outputs:
    bucket:
      type: lakehouse
      path: $S3_PLACE
      schema: main
      threads: 4
      s3: {endpoint: "$S3_ENDPOINT", region: us-east-1, path_style: true, allow_http: true}
    folder: {type: lakehouse, path: "$work/lake", schema: main, threads: 4}
YAML
}

project one bucket
project two bucket
project three folder
echo "== the project, into the bucket and into a folder"
(cd "$work/one" && "$AQUIFER" build --quiet)
(cd "$work/three" && "$AQUIFER" build --quiet)
"$PYTHON" "$here/s3_tables.py" "$work/lake"
echo "== two processes at once"
(cd "$work/one" && "$AQUIFER" build --quiet) &
first=$!
(cd "$work/two" && "$AQUIFER" build --quiet)
wait "$first"
"$PYTHON" "$here/s3_tables.py" "$work/lake"
