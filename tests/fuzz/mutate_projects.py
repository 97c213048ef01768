#!/usr/bin/env python3
"""Has an executable parse projects made of mutated templates; a panic, an internal error or a hang is a fault.

    mutate_projects.py EXECUTABLE [--rounds 20] [--files 1000] [--seed 1] [FOLDER ...]

Templates come from tests/fixtures/jinja/expected.json and from the .sql files of the folders (installed packages,
say). A round is one project: models, macros, or blocks of other kinds, so that what is broken in one kind does not
keep the others from being read. The project of a round that failed is kept, and named. Exit code 0: no fault.
"""

import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = [["models"], ["macros"], ["snapshots", "tests", "docs"]]
FAULTS = ("panicked", "[internal]", "overflowed its stack")
PIECES = """{{ }} {% %} {# #} {{- -}} {%- -%} ( ) [ ] { } : , . .. | ~ % - -- ** // = == != ' " \\ \\' {% raw %} {% endraw %}
{% macro a() %} {% endmacro %} {% docs x %} {% enddocs %} {% test t(model) %} {% endtest %} {% snapshot s %} {% endsnapshot %}
{% materialization m, default %} {% endmaterialization %} {% set x %} {% endset %} {% call(x) f() %} {% endcall %} {% do
{% for in if not is {% filter upper %} {% endfilter %} [1:2] {1:2} *args **kwargs '{{' "%}" namespace(a=1) .items() [-1]
[::-1] 1e 0x 1_0 é \u0000 \ufeff \U0001f600""".split() + ["\n", "\r\n", "\t", " "]


def corpus(folders):
    texts = []
    for cases in json.loads((ROOT / "tests/fixtures/jinja/expected.json").read_text()).values():
        texts += [case["template"] for case in cases]
    for folder in folders:
        for path in sorted(folder.rglob("*.sql")):
            text = path.read_text(errors="replace")
            texts += [text[at : at + 500] for at in range(0, len(text), 400)]
    return texts


def mutated(text, texts, chance):
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(text))
        end = min(len(text), at + chance.randint(0, 12))
        how = chance.random()
        if how < 0.35:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif how < 0.6:
            text = text[:at] + text[end:]
        elif how < 0.7:
            text = text[:at] + text[at:end] * chance.randint(2, 4) + text[end:]
        elif how < 0.85:
            other = chance.choice(texts)
            start = chance.randint(0, len(other))
            text = text[:at] + other[start : start + chance.randint(0, 60)] + text[at:]
        elif how < 0.95:
            text = text[:at] + chr(chance.choice([chance.randint(0, 127), chance.randint(128, 0x2FFF)])) + text[at:]
        else:
            text = text[:at]
    return text


def project(folder, kinds, files, texts, chance):
    for kind in kinds:
        (folder / kind).mkdir(parents=True)
    (folder / "dbt_project.yml").write_text("name: mutated\nprofile: mutated\ndocs-paths: [docs]\n")
    (folder / "profiles.yml").write_text(
        "mutated: {target: dev, outputs: {dev: {type: postgres, host: localhost, port: 1, user: a, password: a, dbname: a, schema: s}}}\n"
    )
    for number in range(files):
        kind = chance.choice(kinds)
        path = folder / kind / f"f{number}.{'md' if kind == 'docs' else 'sql'}"
        path.write_text(mutated(chance.choice(texts), texts, chance), newline="")


def fault(executable, folder):
    """What went wrong, or None."""
    command = [executable, "parse", "--profiles-dir", str(folder), "--project-dir", str(folder)]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300)
    except subprocess.TimeoutExpired:
        return "it does not end"
    said = (done.stdout + done.stderr).decode(errors="replace")
    found = [line for line in said.splitlines() if any(word in line for word in FAULTS)]
    if found:
        return found[0]
    return None if done.returncode in (0, 1, 2) else f"exit code {done.returncode}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("executable")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("folders", nargs="*", type=pathlib.Path)
    arguments = parser.parse_intermixed_args()
    texts, failed = corpus(arguments.folders), 0
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"mutated-{seed}-"))
        project(folder, KINDS[seed % len(KINDS)], arguments.files, texts, random.Random(seed))
        problem = fault(str(pathlib.Path(arguments.executable).resolve()), folder)
        if problem is None:
            shutil.rmtree(folder)
        else:
            failed += 1
            print(f"seed {seed}: {problem} ({folder})")
    print(f"{arguments.rounds} rounds of {arguments.files} files: {failed} with a fault")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
