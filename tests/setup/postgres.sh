#!/usr/bin/env bash
# Starts a throw-away PostgreSQL for the tests and prints the variable that names it:
#
#     eval "$(tests/setup/postgres.sh)"
#
# Does nothing when AQUIFER_TEST_POSTGRES is set already. Uses the PostgreSQL that is installed, else
# installs the system's package where it may (root on Debian), else Docker. AQUIFER_TEST_POSTGRES_PORT chooses the port (default 5599). `postgres.sh stop` ends it.
set -euo pipefail

port=${AQUIFER_TEST_POSTGRES_PORT:-5599}
folder=${TMPDIR:-/tmp}/aquifer-test-postgres-$port
url=postgresql://aquifer:aquifer@localhost:$port/aquifer

# A server may not run as root.
as_server() {
    if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi
}

find_tools() {
    local tools
    for tools in "$(command -v pg_config >/dev/null && pg_config --bindir)" /usr/lib/postgresql/*/bin; do
        if [ -x "$tools/initdb" ] && [ -x "$tools/pg_ctl" ]; then
            echo "$tools"
            return
        fi
    done
}

start_installed() {
    local tools=$1
    if ! [ -d "$folder/data" ]; then
        mkdir -p "$folder"
        echo aquifer >"$folder/password"
        if [ "$(id -u)" = 0 ]; then chown -R postgres "$folder"; fi
        as_server "$tools/initdb" -D "$folder/data" -U aquifer --pwfile "$folder/password" \
            --auth scram-sha-256 --encoding UTF8 --locale C
        # A certificate that nobody signed, so that encryption is tested too.
        if as_server openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=localhost \
            -keyout "$folder/data/server.key" -out "$folder/data/server.crt"; then
            as_server chmod 600 "$folder/data/server.key"
            echo "ssl = on" | as_server tee -a "$folder/data/postgresql.conf"
        fi
    fi
    if ! as_server "$tools/pg_ctl" -D "$folder/data" status; then
        as_server "$tools/pg_ctl" -D "$folder/data" -w -l "$folder/log" \
            -o "-p $port -k $folder -c fsync=off -c max_connections=300" start
    fi
    PGPASSWORD=aquifer "$tools/createdb" -h localhost -p "$port" -U aquifer aquifer 2>/dev/null || true
}

# The package would start a cluster of its own, which nobody asked for.
install_server() {
    mkdir -p /etc/postgresql-common
    grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
        echo "create_main_cluster = false" >>/etc/postgresql-common/createcluster.conf
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql
}

start_docker() {
    local name=aquifer-test-postgres-$port
    docker run --detach --rm --name "$name" --publish "$port:5432" --env POSTGRES_USER=aquifer \
        --env POSTGRES_PASSWORD=aquifer --env POSTGRES_DB=aquifer postgres:17 -c fsync=off -c max_connections=300
    until docker exec "$name" pg_isready --host localhost --username aquifer; do sleep 0.5; done
}

tools=$(find_tools)
if [ "${1:-start}" = stop ]; then
    if [ -n "$tools" ]; then
        as_server "$tools/pg_ctl" -D "$folder/data" -m fast stop >&2
        rm -rf "$folder"
    else
        docker stop "aquifer-test-postgres-$port" >&2
    fi
    exit
fi

if [ -n "${AQUIFER_TEST_POSTGRES:-}" ]; then
    url=$AQUIFER_TEST_POSTGRES
elif [ -n "$tools" ]; then
    start_installed "$tools" >&2
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    install_server >&2
    start_installed "$(find_tools)" >&2
elif command -v docker >/dev/null; then
    start_docker >&2
else
    echo "no PostgreSQL to test against: install the server (Debian: apt-get install postgresql) or Docker," \
        "or set AQUIFER_TEST_POSTGRES to the URL of one" >&2
    exit 1
fi
echo "export AQUIFER_TEST_POSTGRES=$url"
