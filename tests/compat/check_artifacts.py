#!/usr/bin/env python3
"""Checks the JSON files of a target folder against dbt's published schemas.

    check_artifacts.py TARGET_FOLDER SCHEMA_FOLDER

The schema folder holds manifest-v12.json, run-results-v6.json, catalog-v1.json
and sources-v3.json. Files that are not in the target folder are passed over,
but one must be there. Besides the schema, ids and maps of the manifest must
agree with each other, and results must be of nodes that the manifest knows.

Wants Python 3.8 or later and the package `jsonschema`. Exit code 0: all valid,
1: something is not, 2: nothing could be checked.
"""

import json
import sys
from pathlib import Path

try:
    from jsonschema.validators import validator_for
except ImportError:
    sys.exit("the package `jsonschema` is missing: pip install jsonschema")

ARTIFACTS = {
    "manifest.json": ("manifest-v12.json", "manifest/v12"),
    "run_results.json": ("run-results-v6.json", "run-results/v6"),
    "catalog.json": ("catalog-v1.json", "catalog/v1"),
    "sources.json": ("sources-v3.json", "sources/v3"),
}
GRAPH_SECTIONS = (
    "nodes sources exposures metrics saved_queries semantic_models unit_tests functions".split()
)
NAMED_SECTIONS = GRAPH_SECTIONS + ["macros", "docs", "groups"]


def deepest(error):
    """The most telling of the errors below a choice between shapes."""
    while error.context:
        error = max(error.context, key=lambda inner: len(inner.absolute_path))
    return error


def check_schema(document, schema):
    for error in validator_for(schema)(schema).iter_errors(document):
        inner = deepest(error)
        where = "/".join(str(step) for step in inner.absolute_path)
        yield f"{where}: {inner.message[:300]}"


def check_version(document, version):
    found = document.get("metadata", {}).get("dbt_schema_version")
    wanted = f"https://schemas.getdbt.com/dbt/{version}.json"
    if found != wanted:
        yield f"metadata/dbt_schema_version: {found}, not {wanted}"


def check_manifest(manifest):
    for section in NAMED_SECTIONS:
        for key, entry in manifest[section].items():
            if entry["unique_id"] != key:
                yield f"{section}/{key}: says it is {entry['unique_id']}"
    ids = {key for section in GRAPH_SECTIONS for key in manifest[section]}
    for name in ("parent_map", "child_map"):
        for missing in sorted(ids ^ set(manifest[name])):
            yield f"{name}: {missing} is in it or in the graph, not in both"
    edges = {(parent, child) for child, parents in manifest["parent_map"].items() for parent in parents}
    turned = {(parent, child) for parent, children in manifest["child_map"].items() for child in children}
    for parent, child in sorted(edges ^ turned):
        yield f"parent_map and child_map disagree on {parent} > {child}"
    for key, entry in manifest["nodes"].items():
        for parent in entry["depends_on"].get("nodes", []):
            if parent not in manifest["parent_map"].get(key, []):
                yield f"nodes/{key}: {parent} is not in parent_map"


def check_known(results, manifest):
    known = {key for section in GRAPH_SECTIONS for key in manifest[section]}
    for result in results:
        if result["unique_id"] not in known and not result["unique_id"].startswith("sql_operation."):
            yield f"results: {result['unique_id']} is not in the manifest"


def check(name, document, schema, manifest):
    problems = list(check_version(document, ARTIFACTS[name][1])) + list(check_schema(document, schema))
    if problems:
        return problems
    if name == "manifest.json":
        problems += check_manifest(document)
    if name in ("run_results.json", "sources.json") and manifest is not None:
        problems += check_known(document["results"], manifest)
    return problems


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def main():
    if len(sys.argv) != 3:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    target, schemas = Path(sys.argv[1]), Path(sys.argv[2])
    present = [name for name in ARTIFACTS if (target / name).is_file()]
    if not present:
        print(f"no artifacts in {target}", file=sys.stderr)
        return 2
    manifest = read(target / "manifest.json") if "manifest.json" in present else None
    failed = False
    for name in present:
        problems = check(name, read(target / name), read(schemas / ARTIFACTS[name][0]), manifest)
        print(f"{name}: {'valid' if not problems else f'{len(problems)} problems'}")
        for problem in problems[:20]:
            print(f"  {problem}")
        failed = failed or bool(problems)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
