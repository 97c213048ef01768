#!/usr/bin/env bash
# The one test command: format, lints, documentation, example data, and every test.
#
#   tests/run.sh             everything
#   tests/run.sh seeds::     only tests whose names contain `seeds::`, without the checks before them
#
# Keeps CARGO_TARGET_DIR when it is set; needs the Rust toolchain and python3. PostgreSQL is that of
# AQUIFER_TEST_POSTGRES (a URL), else tests/setup/postgres.sh finds, installs and starts a private one,
# which stays up for the next run; so with the S3 server of AQUIFER_TEST_S3 (http://key:secret@host:port/bucket)
# and tests/setup/s3.sh. AQUIFER_BIN is an executable to test instead of the one built here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [ $# = 0 ]; then
    echo "== format"
    cargo fmt --check
    echo "== lints"
    cargo clippy --all-targets --all-features --quiet -- -D warnings
    echo "== lints without the lakehouse"
    cargo clippy --no-default-features --all-targets --quiet -- -D warnings
    echo "== documentation"
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --all-features --quiet
    echo "== example data"
    python3 tests/oracle/generate_seeds.py --check
fi
echo "== a private PostgreSQL"
started=$(tests/setup/postgres.sh)
eval "$started"
echo "== a private S3 server"
started=$(tests/setup/s3.sh)
eval "$started"
if [ $# = 0 ]; then
    echo "== documentation tests"
    cargo test --doc --quiet
fi
echo "== unit tests and integration tests"
# In one command, so that its closing lines are the last ones. Without a terminal snapshots are compared
# and never written.
cargo test --lib --test it "$@"
