#!/usr/bin/env bash
# generate.sh [SCALE]: the eight tables as Parquet files in data/; scale factor 1 is 340 MB.
# Needs `tpchgen-cli` (pip install tpchgen-cli).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
rm -rf data && mkdir data
"${TPCHGEN:-tpchgen-cli}" parquet --scale-factor "${1:-1}" --output-dir data
