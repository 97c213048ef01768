#!/usr/bin/env python3
"""Times parse, ls and compile of generated projects as whole processes.

    parse.py AQUIFER [--dbt DBT] [--sizes 1000,10000] [--runs 3] [--folder DIR]

Every parse is cold: target/ is removed before it. dbt, given, runs at the sizes up to --dbt-up-to (its
own parse of 10,000 models takes minutes).
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile

from measure import machine, median_of, table

HERE = pathlib.Path(__file__).parent


def project(folder, size):
    path = folder / f"models_{size}"
    if not path.exists():
        subprocess.run([sys.executable, HERE / "generate.py", str(size), path], check=True)
    return path


def compare(options, size, folder):
    path = project(folder, size)
    one = "core_00000"
    steps = {
        "parse, cold": (["parse"], True),
        "parse, again": (["parse"], False),
        "ls": (["ls"], False),
        "compile --select one": (["compile", "--select", one], False),
    }
    for title, (arguments, cold) in steps.items():
        clean = (lambda: shutil.rmtree(path / "target", ignore_errors=True)) if cold else None
        rows = [("aquifer", median_of(options.runs, [options.aquifer, *arguments], path, before=clean))]
        if options.dbt and size <= options.dbt_up_to:
            rows.append(("dbt", median_of(options.runs, [options.dbt, *arguments], path, before=clean)))
        table(f"{size} models: {title}", rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("aquifer")
    parser.add_argument("--dbt")
    parser.add_argument("--dbt-up-to", type=int, default=1000)
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    options.aquifer = str(pathlib.Path(options.aquifer).resolve())
    machine()
    folder = options.folder or pathlib.Path(tempfile.mkdtemp(prefix="bench_"))
    table("start-up", [("aquifer --version", median_of(options.runs, [options.aquifer, "--version"], folder))])
    for size in map(int, options.sizes.split(",")):
        compare(options, size, folder)


if __name__ == "__main__":
    main()
