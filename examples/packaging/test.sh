#!/usr/bin/env bash
# Acts out what the Dockerfile and the wheel do, without a container engine.
#
#   AQUIFER_BIN=target/release/aquifer examples/packaging/test.sh image   a clean root folder, as in the image
#   AQUIFER_TEST_PROFILES names a profiles.yml with a profile `shop`; without it the lakehouse is used.
#   MATURIN=maturin examples/packaging/test.sh wheel [maturin options]    a clean virtual environment
set -euo pipefail

here=$(realpath "$(dirname "$0")")
repository=$(realpath "$here/../..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }

# A project of two models.
project() {
    mkdir -p "$work/project/models"
    echo 'select 1 as id' > "$work/project/models/one.sql"
    echo "select id + 1 as id from {{ ref('one') }}" > "$work/project/models/two.sql"
    printf 'name: shop\nprofile: shop\n' > "$work/project/project.yml"
    [ -z "${AQUIFER_TEST_PROFILES:-}" ] || cp "$AQUIFER_TEST_PROFILES" "$work/project/profiles.yml"
}

# Builds it by the command given.
try() {
    "$@" | tee "$work/build.log" | tail -1
    grep -q 'Done. PASS=2 ' "$work/build.log" || { cat "$work/build.log"; fail "two models were to be built"; }
}

image() {
    local binary root=$work/root
    binary=$(realpath "${AQUIFER_BIN:?the executable}")
    # What the second stage has: the C library of the base, certificates, a user, the executable.
    mkdir -p "$root"/{usr/local/bin,etc/ssl/certs,tmp,project,home/aquifer}
    cp "$binary" "$root/usr/local/bin/aquifer"
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
    ldd "$binary" | grep -o '/[^ ]*' | while read -r library; do
        mkdir -p "$root$(dirname "$library")"
        cp -L "$library" "$root$library"
    done
    echo "libraries: $(ldd "$binary" | grep -c '=>') beside the loader"
    echo "aquifer:x:1000:1000::/home/aquifer:/bin/false" > "$root/etc/passwd"
    chown -R 1000:1000 "$root/project" "$root/home/aquifer" "$root/tmp"
    chroot --userspec=1000:1000 "$root" /usr/local/bin/aquifer --version | head -1
    project
    cp -r "$work/project/." "$root/project/"
    chown -R 1000:1000 "$root/project"
    try chroot --userspec=1000:1000 "$root" /usr/local/bin/aquifer build --project-dir /project --no-use-colors
}

wheel() {
    (cd "$here" && "${MATURIN:-maturin}" build --out "$work/dist" "$@")
    python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install --quiet wheel
    "$work/venv/bin/python" -m wheel tags --python-tag py3 --abi-tag none --remove "$work"/dist/aquifer-*.whl
    "$work/venv/bin/pip" install --quiet --no-index "$work"/dist/aquifer-*.whl
    "$work/venv/bin/aquifer" --version | head -1
    project
    try "$work/venv/bin/aquifer" build --project-dir "$work/project" --no-use-colors
}

command=${1:?image or wheel}
shift
case $command in
    image) image ;;
    wheel) wheel "$@" ;;
    *) fail "image or wheel, not $command" ;;
esac
echo "$command: well"
