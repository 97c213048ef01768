#!/usr/bin/env python3
"""The marts of the note-taking app, computed from the raw files without SQL. See ../support/checking.py.

Ten million actions take some minutes and 5 GB of memory.
"""

import csv
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import Mart, main  # noqa: E402

LONGEST = 2 * 60 * 60 * 1000
HALF_AN_HOUR = 30 * 60


def seconds(clock):
    return int(clock[:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:])


def read_actions(folder):
    """By user and day: the second of each action, and its longest possible duration."""
    actions = defaultdict(dict)
    for path in folder.glob("interactions/*/*.csv"):
        with open(path, newline="", encoding="utf-8") as file:
            rows = csv.reader(file)
            next(rows)
            for user, stamp, kind, page, duration, _ in rows:
                length = int(duration)
                if 0 <= length <= LONGEST:
                    day = stamp[:10]
                    known = actions[user, day]
                    key = (stamp[11:], kind, page)
                    known[key] = max(known.get(key, -1), length)
    return actions


def sessions_of(actions):
    """The sessions of one user on one day, as [(actions, milliseconds)]."""
    found, previous = [], None
    for (clock, _, _), length in sorted(actions.items()):
        second = seconds(clock)
        if previous is None or second - previous >= HALF_AN_HOUR:
            found.append([0, second * 1000, 0])
        session = found[-1]
        session[0] += 1
        session[2] = max(session[2], second * 1000 + length)
        previous = second
    return [(count, end - begin) for count, begin, end in found]


class App:
    def __init__(self, folder):
        self.users = {}
        for path in folder.glob("users/*/users.csv"):
            with open(path, newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    self.users[row["user_id"]] = (path.parent.name.removeprefix("country="), row["plan"])
        # (user, day, actions, milliseconds)
        self.sessions = [(user, day, *session) for (user, day), actions in read_actions(folder).items()
                         for session in sessions_of(actions)]


apps = {}


def app(folder):
    if folder not in apps:
        apps[folder] = App(folder)
    return apps[folder]


def figures(sessions):
    count = len(sessions)
    users = len({session[0] for session in sessions})
    actions, length = sum(session[2] for session in sessions), sum(session[3] for session in sessions)
    return users, count, actions, actions / count, length / count / 1000


def grouped(sessions, key):
    groups = defaultdict(list)
    for session in sessions:
        groups[key(session)].append(session)
    return groups


def daily_activity(folder):
    groups = grouped(app(folder).sessions, lambda session: session[1])
    return Mart(["active_on", "daily_active_users", "sessions", "actions", "actions_per_session",
                 "average_session_seconds"], 1, [[date.fromisoformat(day), *figures(found)] for day, found in groups.items()])


def month(session):
    return session[1][:7] + "-01"


def monthly_activity(folder):
    rows = []
    for begin, found in grouped(app(folder).sessions, month).items():
        users, count, _, per_session, length = figures(found)
        daily = [len({session[0] for session in day}) for day in grouped(found, lambda session: session[1]).values()]
        mean = sum(daily) / len(daily)
        rows.append([begin, users, count, per_session, length, mean, mean / users])
    return Mart(["active_month", "monthly_active_users", "sessions", "actions_per_session", "average_session_seconds",
                 "average_daily_active_users", "stickiness"], 1, rows)


def country_activity(folder):
    users, rows = app(folder).users, []
    for key, found in grouped(app(folder).sessions, lambda session: (month(session), *users[session[0]])).items():
        active, count, _, per_session, length = figures(found)
        rows.append([*key, active, count, per_session, length])
    return Mart(["active_month", "country", "plan", "monthly_active_users", "sessions", "actions_per_session",
                 "average_session_seconds"], 3, rows)


MARTS = {"daily_activity": daily_activity, "monthly_activity": monthly_activity, "country_activity": country_activity}

if __name__ == "__main__":
    sys.exit(main("Computes the marts of the note-taking app without SQL.", MARTS))
