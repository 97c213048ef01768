#!/usr/bin/env python3
"""Adds what could have happened since to a copy of the seeds.

    evolve_seeds.py FOLDER

New sessions and registrations, a late session, one sent again, a second
registration of someone who registered long ago, users whose attributes
changed and users who are new: work for every incremental model and for the
snapshot. The rows are always the same.
"""

import csv
import sys
from pathlib import Path

NEW_ROWS = {
    "raw_sessions.csv": [
        ["1", "2025-03-31 08:00:00", "true", "display"],
        ["5001", "2025-03-31 09:00:00", "true", "search"],
        ["5001", "2025-03-31 09:00:00", "true", "SEARCH"],
        ["5002", "2025-03-31 10:00:00", "false", "email"],
        ["5003", "2025-03-29 10:00:00", "true", "social"],
        ["", "2025-03-31 11:00:00", "false", "search"],
        ["5004", "2025-03-31 23:30:00", "true", ""],
    ],
    "raw_conversions.csv": [
        ["1", "2025-03-31 08:30:00"],
        ["5001", "2025-03-31 11:30:00"],
        ["5002", "2025-04-01 10:00:00"],
        ["5004", "2025-04-01 00:15:00"],
        ["5005", "2025-04-01 12:00:00"],
    ],
    "raw_users.csv": [
        ["1", "DE", "team", "2025-03-31 08:31:00"],
        ["3", "fr", "pro", "2025-04-01 09:00:00"],
        ["5001", "US", "free", "2025-03-31 11:30:01"],
        ["5002", "", "pro", "2025-04-01 10:00:01"],
    ],
}


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    for name, rows in NEW_ROWS.items():
        path = Path(arguments[0]) / name
        with open(path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
