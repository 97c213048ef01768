"""Where things are, from the environment of the scheduler and the workers."""

import os
from pathlib import Path

import yaml

AQUIFER = os.environ.get("AQUIFER_BIN", "aquifer")
PROJECT = os.environ["AQUIFER_PROJECT_DIR"]
PROFILES = os.environ.get("AQUIFER_PROFILES_DIR", PROJECT)
TARGET = os.environ.get("AQUIFER_TARGET", "postgres")
RETRIES = int(os.environ.get("AQUIFER_RETRIES", "1"))


def profile_name() -> str:
    """The profile that the project file names."""
    # Cosmos looks for a file of this name; `project.yml` may be a link to it.
    return yaml.safe_load((Path(PROJECT) / "dbt_project.yml").read_text())["profile"]
