"""The whole project as one task a step, by BashOperator.

A second try takes up what the first one left: `aquifer retry` runs only the nodes that failed or were
skipped, also when the first try was killed half-way.
"""

import os
from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

AQUIFER = os.environ.get("AQUIFER_BIN", "aquifer")
PROJECT = os.environ["AQUIFER_PROJECT_DIR"]
PROFILES = os.environ.get("AQUIFER_PROFILES_DIR", PROJECT)

# Each DAG run has a folder of its own for artifacts, so that runs side by side do not mix them up and
# `retry` finds the results of this run.
TARGET = "/tmp/aquifer/{{ dag.dag_id }}/{{ run_id | replace(':', '') | replace('+', '') }}"
PLACES = f"--project-dir {PROJECT} --profiles-dir {PROFILES} --target-path {TARGET} --no-use-colors"

with DAG(
    dag_id="aquifer_bash",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": 1, "retry_delay": timedelta(seconds=int(os.environ.get("AQUIFER_RETRY_SECONDS", "60")))},
) as dag:
    parse = BashOperator(task_id="parse", bash_command=f"{AQUIFER} parse {PLACES}")

    build = BashOperator(
        task_id="build",
        bash_command=(
            "{% if ti.try_number > 1 %}"
            f"{AQUIFER} retry {PLACES}"
            "{% else %}"
            f"{AQUIFER} build {PLACES}"
            "{% endif %}"
        ),
    )

    docs = BashOperator(task_id="docs", bash_command=f"{AQUIFER} docs generate {PLACES}")

    parse >> build >> docs
