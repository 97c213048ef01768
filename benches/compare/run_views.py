#!/usr/bin/env python3
"""Times a run of many trivial views on Postgres against psql sending the same statements, and dbt.

    run_views.py AQUIFER [--models 1000] [--dbt DBT] [--runs 3] [--delay-ms 0]

The statements are those of Aquifer's own target/run, sent layer by layer over eight psql connections
that are opened once. Every run begins with an empty schema. --delay-ms puts a proxy in front of the
server that makes each round trip take that much longer, for all that is compared.

PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE name the server; `psql` must be installed.
"""

import argparse
import os
import pathlib
import queue
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

from generate import LAYERS
from measure import Figures, machine, median_of, table

HERE = pathlib.Path(__file__).parent
CONNECTIONS = 8
SCHEMA = "bench_views"


def psql(*arguments):
    command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def empty_schema():
    psql("--command", f"drop schema if exists {SCHEMA} cascade")


def layers(project):
    """The statements of every layer, each as one line for psql."""
    executed = project / "target" / "run" / "bench" / "models"
    return [[" ".join(path.read_text().split()).rstrip(";") + ";\n" for path in sorted((executed / layer).rglob("*.sql"))]
            for layer in LAYERS]


class Connection:
    """One psql that is told what to do line by line."""

    def __init__(self, port):
        command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--port", str(port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def work(self, statements):
        """Sends one statement, waits for it, takes the next."""
        while True:
            try:
                statement = statements.get_nowait()
            except queue.Empty:
                return
            self.process.stdin.write(statement + "\\echo done\n")
            self.process.stdin.flush()
            if self.process.stdout.readline() != "done\n":
                raise SystemExit(f"psql refused: {statement}")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def send_with_psql(statements, port):
    """Wall time; opening the connections counts, as it does for the others."""
    empty_schema()
    started = time.monotonic()
    connections = [Connection(port) for _ in range(CONNECTIONS)]
    first = queue.Queue()
    first.put(f"create schema {SCHEMA};\n")
    connections[0].work(first)
    for layer in statements:
        waiting = queue.Queue()
        for statement in layer:
            waiting.put(statement)
        threads = [threading.Thread(target=connection.work, args=(waiting,)) for connection in connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for connection in connections:
        connection.close()
    return time.monotonic() - started


def delayed(options):
    """A port of our own with a slow way to the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, HERE / "delay_proxy.py", str(port), os.environ["PGPORT"], str(options.delay_ms)]
    proxy = subprocess.Popen(command)
    time.sleep(0.5)
    return port, proxy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer")
    parser.add_argument("--dbt")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--delay-ms", type=float, default=0)
    options = parser.parse_args()
    options.aquifer = shutil.which(options.aquifer) or parser.error(f"not found: {options.aquifer}")
    for name, default in (("PGHOST", "localhost"), ("PGPORT", "5432"), ("PGUSER", "postgres"),
                          ("PGPASSWORD", "postgres"), ("PGDATABASE", "postgres")):
        os.environ.setdefault(name, default)
    port, proxy = delayed(options) if options.delay_ms else (os.environ["PGPORT"], None)
    environment = {f"BENCH_{name}": os.environ[f"PG{name}"] for name in ("HOST", "USER", "PASSWORD", "DATABASE")}
    environment.update(BENCH_PORT=str(port), BENCH_SCHEMA=SCHEMA)
    project = pathlib.Path(tempfile.mkdtemp(prefix="bench_views_"))
    subprocess.run([sys.executable, HERE / "generate.py", str(options.models), project, "--views", "--no-tests"], check=True)
    try:
        measure(options, project, environment, port)
    finally:
        empty_schema()
        shutil.rmtree(project)
        if proxy:
            proxy.terminate()


def measure(options, project, environment, port):
    machine()
    run = [os.path.abspath(options.aquifer), "run", "--threads", str(CONNECTIONS)]
    ours = median_of(options.runs, run, project, environment, empty_schema)
    statements = layers(project)
    walls = sorted(send_with_psql(statements, port) for _ in range(options.runs))
    rows = [("psql, 8 connections (wall)", Figures(walls[len(walls) // 2], 0.0, 0.0)), ("aquifer run", ours)]
    if options.dbt:
        command = [options.dbt, "run", "--threads", str(CONNECTIONS)]
        rows.append(("dbt run", median_of(options.runs, command, project, environment, empty_schema)))
    count = sum(map(len, statements))
    table(f"{count} views, {options.delay_ms:g} ms of delay a round trip", rows)
    print(f"  aquifer / psql: {ours.wall / rows[0][1].wall:.2f}")
    if options.dbt:
        print(f"  dbt / aquifer: {rows[2][1].wall / ours.wall:.1f}")


if __name__ == "__main__":
    main()
