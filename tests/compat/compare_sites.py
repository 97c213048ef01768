#!/usr/bin/env python3
"""Compares what two documentation sites show: the same nodes, columns, tests, descriptions, dependencies, code.

    compare_sites.py ONE.html OTHER.html

Runs are left out, and the name of the database, since each side has its own. Exit code 0: no difference.
"""

import json
import re
import sys

KEYS = (
    "name", "type", "package", "path", "fqn", "relation", "schema", "materialized", "tags", "description", "columns",
    "parents", "test", "hidden", "color", "facts",
)
# Generic tests that each side words for itself: their code as written is compared.
OWN_TESTS = {"unique", "not_null", "accepted_values", "relationships"}
# Facts of a node that only one side's warehouse or run knows.
OWN_FACTS = {"owner"}


def embedded(page, name):
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S)
    return json.loads(found.group(1))


def read(path):
    with open(path, encoding="utf-8") as file:
        page = file.read()
    project = embedded(page, "project")
    code = embedded(page, "code")
    return project, {node["id"]: {**node, "code": code[place]} for place, node in enumerate(project["nodes"])}


def shown(node, key):
    value = node.get(key)
    if key == "relation" and value:
        return value.replace('"', "").split(".", 1)[-1]
    if key == "parents":
        return sorted(value or [])
    if key == "facts":
        return sorted(fact for fact in value or [] if fact[0] not in OWN_FACTS)
    return value


def normalized(node):
    """Code as written, and compiled code without the database's name and with single spaces."""
    raw, compiled = node["code"]
    if (node.get("test") or {}).get("kind") in OWN_TESTS:
        return raw.strip()
    return raw.strip(), " ".join(re.sub(r'"?compat_\w+?_\d+"?\.', "", compiled).split())


def main():
    (one_project, one), (other_project, other) = read(sys.argv[1]), read(sys.argv[2])
    differences = [f"only in the first: {name}" for name in sorted(one.keys() - other.keys())]
    differences += [f"only in the second: {name}" for name in sorted(other.keys() - one.keys())]
    compared = 0
    for name in sorted(one.keys() & other.keys()):
        for key in KEYS:
            left, right = shown(one[name], key), shown(other[name], key)
            compared += 1
            if left != right:
                differences.append(f"{name}, {key}:\n  {left!r}\n  {right!r}")
        if normalized(one[name]) != normalized(other[name]):
            differences.append(f"{name}, code:\n  {one[name]['code']!r}\n  {other[name]['code']!r}")
    if one_project["project"]["name"] != other_project["project"]["name"]:
        differences.append("the project's name")
    kinds = {}
    for node in one.values():
        kinds[node["type"]] = kinds.get(node["type"], 0) + 1
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())), f"- {compared} values compared")
    print("\n".join(differences) if differences else "no difference")
    if not one or not kinds.get("model"):
        differences.append("the sites show nothing")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
