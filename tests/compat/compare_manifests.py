#!/usr/bin/env python3
"""Compares what dbt and aquifer write about the same projects: manifest.json key by key, and the lines
of `ls --output json`.

    compare_manifests.py --dbt dbt --aquifer aquifer [--all] [PROJECT ...]

A project is a folder; without one, tests/fixtures/wide and a project generated on the spot are compared.
Each is copied, so nothing is written into it. ALLOWED below lists what may differ, each with its reason;
anything else is printed and makes the exit code 1.
"""

import argparse
import collections
import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Patterns of paths that may differ, with the reason. `*` is any text, dots included.
ALLOWED = {
    "metadata.generated_at": "the moment of writing",
    "metadata.invocation_id": "random",
    "metadata.invocation_started_at": "the moment of the run",
    "metadata.run_started_at": "the moment of the run",
    "metadata.dbt_version": "the patch release that happens to be installed",
    "metadata.user_id": "no user is tracked",
    "metadata.send_anonymous_usage_stats": "nothing is ever sent",
    "*.created_at": "the moment of parsing",
    "*.primary_key order": "dbt keeps it in a Python set, whose order is chance",
    "functions.*.unrendered_config.*": "dbt adds what `models:` of the project file says, which is not in force there",
    "*.macro_sql blanks": "dbt counts the white space that `{%-` and `-%}` eat to the block",
    "order of *": "entries are found by id; dbt's order is that of its parsers and of the file system",
    "*.root_path": "absolute path of the copy",
}

# What dbt and aquifer each bring along under names of their own: only macros of projects are compared.
BUILT_IN = ("macro.dbt.", "macro.dbt_postgres.", "macro.aquifer.", "doc.dbt.", "macro.dbt_duckdb.")


def run(command, folder, environment):
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    return done


def copy_of(project, into):
    folder = into / project.name
    ignore = shutil.ignore_patterns("target", "logs", "dbt_packages", ".git", "node_modules")
    shutil.copytree(project, folder, ignore=ignore, symlinks=True)
    # dbt knows the project file by one name only.
    if not (folder / "dbt_project.yml").exists() and (folder / "project.yml").exists():
        (folder / "project.yml").rename(folder / "dbt_project.yml")
    return folder


def generated(into, models=60):
    """A chain of layers: enough nodes for orders of lists to differ where they can."""
    folder = into / "generated"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_project.yml").write_text(
        "name: generated\nprofile: wide\nmodels:\n  generated:\n    +tags: [made]\n    +materialized: table\n"
    )
    shutil.copy(ROOT / "tests/fixtures/wide/profiles.yml", folder / "profiles.yml")
    entries = []
    for number in range(models):
        parents = [parent for parent in (number - 1, number - 7, number // 2) if 0 <= parent < number]
        refs = [f"select * from {{{{ ref('m{parent:03}') }}}}" for parent in sorted(set(parents), reverse=True)]
        (folder / f"models/m{number:03}.sql").write_text("\nunion all\n".join(refs) or "select 1 as id, 'a' as name")
        entries.append(
            f"  - name: m{number:03}\n    description: Model {number}\n    columns:\n      - name: id\n"
            f"        data_tests: [unique, not_null]\n      - name: name\n        description: Name\n"
        )
    (folder / "models/models.yml").write_text("models:\n" + "".join(entries))
    return folder


def strip(manifest):
    for section in ("macros", "docs"):
        manifest[section] = {key: value for key, value in manifest[section].items() if not key.startswith(BUILT_IN)}
    return manifest


def without_built_in(value):
    if isinstance(value, list):
        return [item for item in value if not (isinstance(item, str) and item.startswith(BUILT_IN))]
    return value


def differences(left, right, path=""):
    """(path, dbt's value, aquifer's value) of everything that is not equal."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in list(left) + [key for key in right if key not in left]:
            below = f"{path}.{key}" if path else str(key)
            if key not in right:
                yield below, left[key], "(absent)"
            elif key not in left:
                yield below, "(absent)", right[key]
            else:
                yield from differences(left[key], right[key], below)
    elif path.endswith(".macro_sql") and left != right and left.strip() == right.strip():
        yield f"{path} blanks", left, right
    elif path.endswith(".primary_key") and left != right and sorted(left) == sorted(right):
        yield f"{path} order", left, right
    elif path.endswith("depends_on.macros"):
        if without_built_in(left) != without_built_in(right):
            yield path, without_built_in(left), without_built_in(right)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for number, (one, other) in enumerate(zip(left, right)):
            yield from differences(one, other, f"{path}[{number}]")
    elif left != right or type(left) is not type(right):
        yield path, left, right


def allowed(path):
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in ALLOWED)


def key_orders(left, right):
    """Sections whose entries come in another order."""
    for section in ("nodes", "sources", "exposures", "metrics", "groups", "disabled", "unit_tests", "functions"):
        one, other = list(left[section]), list(right[section])
        if sorted(one) == sorted(other) and one != other:
            yield f"order of {section}", one, other


def lines(done):
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def compare(project, dbt, aquifer, work):
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DBT_", "AQUIFER_"))}
    environment["DBT_PROFILES_DIR"] = str(project)
    if (project / "packages.yml").exists():
        for program in (dbt, aquifer):
            done = run([program, "deps"], project, environment)
            if done.returncode:
                sys.exit(f"{program} deps failed in {project}:\n{done.stdout}\n{done.stderr}")
    manifests, listed = {}, {}
    for name, program in (("dbt", dbt), ("aquifer", aquifer)):
        target = work / f"target-{name}"
        common = ["--target-path", str(target), "--no-partial-parse"]
        done = run([program, "parse", *common], project, environment)
        if done.returncode:
            sys.exit(f"{program} parse failed in {project}:\n{done.stdout}\n{done.stderr}")
        manifests[name] = strip(json.loads((target / "manifest.json").read_text()))
        done = run([program, "ls", "--quiet", "--output", "json", *common], project, environment)
        if done.returncode:
            sys.exit(f"{program} ls failed in {project}:\n{done.stdout}\n{done.stderr}")
        listed[name] = lines(done)
    found = list(differences(manifests["dbt"], manifests["aquifer"]))
    found += key_orders(manifests["dbt"], manifests["aquifer"])
    one, other = listed["dbt"], listed["aquifer"]
    found += [] if len(one) == len(other) else [("ls: number of lines", len(one), len(other))]
    for left, right in zip(one, other):
        found += [(f"ls: {left.get('unique_id')}: {path}", *rest) for path, *rest in differences(left, right)]
    return [difference for difference in found if not allowed(difference[0])]


def short(value, width=160):
    text = json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= width else f"{text[:width]}…"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dbt", default="dbt")
    parser.add_argument("--aquifer", default="aquifer")
    parser.add_argument("--all", action="store_true", help="every difference, not the first few of each kind")
    parser.add_argument("projects", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    total = 0
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        projects = [copy_of(project.resolve(), scratch) for project in arguments.projects]
        if not projects:
            projects = [copy_of(ROOT / "tests/fixtures/wide", scratch), generated(scratch)]
        for project in projects:
            found = compare(project, arguments.dbt, arguments.aquifer, scratch / f"work-{project.name}")
            total += len(found)
            print(f"{project.name}: {len(found)} differences")
            seen = collections.Counter()
            for path, left, right in found:
                kind = path.rsplit(".", 1)[-1]
                seen[kind] += 1
                if arguments.all or seen[kind] <= 4:
                    print(f"  {path}\n    dbt:     {short(left)}\n    aquifer: {short(right)}")
            for kind, count in seen.items():
                if not arguments.all and count > 4:
                    print(f"  ... and {count - 4} more of {kind}")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
