"""The same Airflow DAG, drawn from a manifest.json that CI has written: the scheduler runs nothing to read it."""

import os
from datetime import datetime

from cosmos import DbtDag, ExecutionConfig, LoadMode, ProfileConfig, ProjectConfig, RenderConfig
from cosmos.constants import InvocationMode

from aquifer_places import AQUIFER, PROFILES, PROJECT, RETRIES, TARGET, profile_name

aquifer_cosmos_manifest = DbtDag(
    dag_id="aquifer_cosmos_manifest",
    start_date=datetime(2026, 1, 1),
    schedule=None,
    catchup=False,
    default_args={"retries": RETRIES},
    project_config=ProjectConfig(
        PROJECT,
        manifest_path=os.environ.get("AQUIFER_MANIFEST", f"{PROJECT}/target/manifest.json"),
        install_dbt_deps=False,
    ),
    profile_config=ProfileConfig(
        profile_name=profile_name(), target_name=TARGET, profiles_yml_filepath=f"{PROFILES}/profiles.yml"
    ),
    execution_config=ExecutionConfig(dbt_executable_path=AQUIFER, invocation_mode=InvocationMode.SUBPROCESS),
    render_config=RenderConfig(load_method=LoadMode.DBT_MANIFEST, should_detach_multiple_parents_tests=True),
)
