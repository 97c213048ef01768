#!/usr/bin/env bash
# Builds the libFuzzer targets with the compiler at hand and runs one of them.
#
#   tests/fuzz/run.sh blocks|templates [SECONDS]     default: 60 seconds
#
# The corpus begins with the templates of the repository and is kept, as is what was found, in FUZZ_TARGET_DIR
# (default: a folder for temporary files). Exit code 0: nothing was found. `cargo fuzz` does the same with a
# nightly compiler and the address sanitizer.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
target=${1:?blocks or templates}
seconds=${2:-60}
export CARGO_TARGET_DIR=${FUZZ_TARGET_DIR:-${TMPDIR:-/tmp}/aquifer-fuzz}
triple=$(rustc -vV | sed -n 's/^host: //p')

# Coverage feedback is a pass of the compiler that only nightly ones take without this variable.
passes="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
passes+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
profile=(--config 'profile.release.opt-level=1' --config 'profile.release.debug-assertions=true'
    --config 'profile.release.overflow-checks=true')
(cd "$here" && RUSTC_BOOTSTRAP=1 RUSTFLAGS="--cfg fuzzing $passes" \
    cargo build --quiet --release "${profile[@]}" --target "$triple" --bin "$target")

corpus=$CARGO_TARGET_DIR/corpus/$target
mkdir -p "$corpus" "$CARGO_TARGET_DIR/found"
number=0
while IFS= read -r -d '' template; do
    number=$((number + 1))
    cp "$template" "$corpus/template-$number"
done < <(find "$root/models" "$root/src/jinja" "$root/tests/fixtures" "$root/examples" -name '*.sql' -print0)
exec "$CARGO_TARGET_DIR/$triple/release/$target" -max_total_time="$seconds" -max_len=4096 -timeout=20 \
    -artifact_prefix="$CARGO_TARGET_DIR/found/$target-" "$corpus"
