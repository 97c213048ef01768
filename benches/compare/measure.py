"""Whole processes measured by the operating system's own account of them (Python, standard library)."""

import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass


@dataclass
class Figures:
    """What one process used."""

    wall: float
    cpu: float
    peak_mib: float


def run_once(command, folder, environment=None, expect=(0,)):
    """Runs a command to its end; what it prints is shown only if it fails."""
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in expect:
        sys.stderr.write(output.decode(errors="replace")[-4000:])
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Figures(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median_of(runs, command, folder, environment=None, before=None, expect=(0,)):
    """The median of each figure over several runs; `before` is called ahead of each."""
    figures = []
    for _ in range(runs):
        if before:
            before()
        figures.append(run_once(command, folder, environment, expect))
    of = lambda name: statistics.median(getattr(figure, name) for figure in figures)
    return Figures(of("wall"), of("cpu"), of("peak_mib"))


def table(title, rows):
    """Prints named figures; from the second row on with the ratio to the first."""
    print(f"\n{title}")
    print(f"  {'':28} {'wall s':>9} {'CPU s':>9} {'peak MiB':>9} {'wall ratio':>11} {'CPU ratio':>10}")
    first = rows[0][1] if rows else None
    for index, (name, figures) in enumerate(rows):
        ratios = ""
        if index:
            ratios = f" {figures.wall / first.wall:>10.1f}x {figures.cpu / max(first.cpu, 0.001):>9.1f}x"
        print(f"  {name:28} {figures.wall:>9.3f} {figures.cpu:>9.3f} {figures.peak_mib:>9.0f}{ratios}")


def machine():
    """One line on what the figures were taken on."""
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{os.cpu_count()} cores ({models[0] if models else 'unknown'}), {memory:.0f} GiB, "
          f"open files {resource.getrlimit(resource.RLIMIT_NOFILE)[0]}")
