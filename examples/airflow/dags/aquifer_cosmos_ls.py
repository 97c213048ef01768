"""An Airflow DAG with a task for every model, seed and snapshot, and one for its tests:
astronomer-cosmos asks `aquifer ls --output json` what there is.

(Airflow looks for DAGs only in files that have the words "airflow" and "dag" in them.)
"""

from datetime import datetime

from cosmos import DbtDag, ExecutionConfig, LoadMode, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode

from aquifer_places import AQUIFER, PROFILES, PROJECT, RETRIES, TARGET, profile_name

aquifer_cosmos_ls = DbtDag(
    dag_id="aquifer_cosmos_ls",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": RETRIES},
    project_config=ProjectConfig(PROJECT, install_dbt_deps=False),
    profile_config=ProfileConfig(
        profile_name=profile_name(), target_name=TARGET, profiles_yml_filepath=f"{PROFILES}/profiles.yml"
    ),
    # The one line that makes it Aquifer. As a subprocess: there is no Python dbt to import.
    execution_config=ExecutionConfig(dbt_executable_path=AQUIFER, invocation_mode=InvocationMode.SUBPROCESS),
    render_config=RenderConfig(
        load_method=LoadMode.DBT_LS,
        dbt_executable_path=AQUIFER,
        invocation_mode=InvocationMode.SUBPROCESS,
        # A test that looks at several models has a task of its own, after all of them.
        should_detach_multiple_parents_tests=True,
    ),
)
