#!/usr/bin/env bash
# Builds the project at the root of the repository into a container of Azurite, Azure's own emulator, and reads it
# back with another stack; bucket.sh says how, and what can be set in the environment.
#
#   AQUIFER  must have been built with `--features azure`
#   AZURITE  the Azurite executable      default: azurite-blob, else installed with npm
#   PYTHON   wants the package `azure-storage-blob` too
#
# Exit code 0: no difference.

source "$(dirname "${BASH_SOURCE[0]}")/bucket.sh"

"$PYTHON" -c 'import azure.storage.blob' 2>/dev/null || { echo "not found: azure-storage-blob" >&2; exit 2; }
AZURITE=${AZURITE:-$(command -v azurite-blob || true)}
if [ -z "$AZURITE" ]; then
    npm install --silent --prefix "$work/npm" azurite
    AZURITE=$work/npm/node_modules/.bin/azurite-blob
fi

port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export AZURITE_BLOB_STORAGE_URL=http://127.0.0.1:$port
"$AZURITE" --silent --skipApiVersionCheck --blobHost 127.0.0.1 --blobPort "$port" --location "$work/server" >"$work/server.log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; clean_up' EXIT
"$PYTHON" - "$AZURITE_BLOB_STORAGE_URL" <<'PY'
import sys, time
from azure.storage.blob import BlobServiceClient

# The emulator's account is for everybody to know.
key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
service = BlobServiceClient(f"{sys.argv[1]}/devstoreaccount1", credential=key, retry_total=0)
for attempt in range(100):
    try:
        service.create_container("aquifer")
        break
    except Exception as error:
        if attempt == 99:
            raise SystemExit(f"the server does not answer: {error}")
        time.sleep(0.2)
PY
build_and_compare az://aquifer/growth "azure: {emulator: true}" azure_storage_use_emulator=true
