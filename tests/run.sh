#!/usr/bin/env bash
# The one test command: format, lints, documentation, unit tests, and the example data's own checks.
# Keeps CARGO_TARGET_DIR when it is set; needs the Rust toolchain and python3, and finds, installs and
# starts a private PostgreSQL itself (tests/setup/postgres.sh, which stays up for the next run).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

echo "== format"
cargo fmt --check
echo "== lints"
cargo clippy --all-targets --quiet -- -D warnings
echo "== lints without the lakehouse"
cargo clippy --no-default-features --all-targets --quiet -- -D warnings
echo "== documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet
echo "== example data"
python3 tests/oracle/generate_seeds.py --check
echo "== a private PostgreSQL"
started=$(tests/setup/postgres.sh)
eval "$started"
echo "== tests"
cargo test --doc --quiet
cargo test --lib
