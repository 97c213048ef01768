#!/usr/bin/env python3
"""Makes the seeds of the growth-analytics project.

    generate_seeds.py            write seeds/*.csv
    generate_seeds.py --check    exit 1 if the committed files differ

The files hold a quarter of web sessions, registrations and user attributes,
with the faults that real event data has:

* sessions sent twice, sometimes spelled differently (`Search`, ` search`);
* sessions with no user or with no medium;
* users who registered twice, or before their first session, or with no
  session at all;
* registered users whom the user table does not know;
* users whose attributes changed, so that they stand there several times.

Users below 100 are hand-written edge cases of the attribution rules. The rest
is drawn from a fixed seed. Only `Random.random` is used: Python promises that
its sequence stays the same across versions.
"""

import argparse
import csv
import io
import random
import sys
from datetime import datetime, timedelta
from pathlib import Path

SEED = 20250101
FIRST_DAY = datetime(2025, 1, 1)
DAYS = 90
USERS = 1200
FIRST_USER = 1001

PAID_MEDIUMS = ["search", "search", "social", "display", "affiliate"]
ORGANIC_MEDIUMS = ["search", "search", "social", "email", "referral"]
COUNTRIES = ["US", "US", "DE", "GB", "FR", "BR", "IN", "JP"]
PLANS = ["free", "free", "free", "pro", "team"]


def at(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


# (what it shows, user, [(session, is_paid, medium)], [registrations])
EDGE_CASES = [
    ("paid search exactly three hours before still counts", 1,
     [("2025-01-10 09:00:00", True, "search")], ["2025-01-10 12:00:00"]),
    ("paid search one second too early does not", 2,
     [("2025-01-10 08:59:59", True, "search")], ["2025-01-10 12:00:00"]),
    ("paid impression exactly one hour before still counts", 3,
     [("2025-01-11 11:00:00", True, "display")], ["2025-01-11 12:00:00"]),
    ("paid impression one second too early does not", 4,
     [("2025-01-11 10:59:59", True, "social")], ["2025-01-11 12:00:00"]),
    ("paid search beats a later paid impression and a later organic touch", 5,
     [("2025-01-12 10:00:00", True, "search"),
      ("2025-01-12 11:30:00", True, "display"),
      ("2025-01-12 11:45:00", False, "email")], ["2025-01-12 12:00:00"]),
    ("paid impression beats a later organic touch", 6,
     [("2025-01-13 11:30:00", True, "affiliate"),
      ("2025-01-13 11:59:00", False, "search")], ["2025-01-13 12:00:00"]),
    ("organic has no window", 7,
     [("2025-01-02 08:00:00", False, "referral")], ["2025-03-20 12:00:00"]),
    ("the last of several paid searches is taken", 8,
     [("2025-01-14 09:30:00", True, "search"),
      ("2025-01-14 11:10:00", True, "search")], ["2025-01-14 12:00:00"]),
    ("a session in the second of the registration counts", 9,
     [("2025-01-15 12:00:00", True, "search")], ["2025-01-15 12:00:00"]),
    ("a session after the registration does not", 10,
     [("2025-01-15 12:00:01", True, "search")], ["2025-01-15 12:00:00"]),
    ("two sessions in one second: the first medium of the alphabet", 11,
     [("2025-01-16 11:30:00", True, "social"),
      ("2025-01-16 11:30:00", True, "affiliate")], ["2025-01-16 12:00:00"]),
    ("no session at all", 12, [], ["2025-01-17 12:00:00"]),
    ("the first of two registrations is the real one", 13,
     [("2025-01-18 11:00:00", True, "search"),
      ("2025-03-30 11:30:00", True, "display")],
     ["2025-01-18 12:00:00", "2025-03-30 12:00:00"]),
    ("an organic touch with no medium is still organic", 14,
     [("2025-01-19 11:00:00", False, "")], ["2025-01-19 12:00:00"]),
    ("a paid session with no medium is an impression", 15,
     [("2025-01-19 11:30:00", True, "")], ["2025-01-19 12:00:00"]),
    ("a medium is read without case and blanks", 16,
     [("2025-01-20 10:00:00", True, "  SEARCH ")], ["2025-01-20 12:00:00"]),
    ("sessions around midnight belong to their own day", 17,
     [("2025-01-20 23:59:59", False, "email"),
      ("2025-01-21 00:00:00", False, "email")], ["2025-01-21 00:00:00"]),
    ("visits and never registers", 18,
     [("2025-01-22 10:00:00", True, "search")], []),
]


class Dice:
    def __init__(self, seed):
        self._random = random.Random(seed)

    def below(self, n):
        """Returns a whole number from 0 to n - 1."""
        return int(self._random.random() * n)

    def chance(self, percent):
        return self._random.random() * 100 < percent

    def of(self, values):
        return values[self.below(len(values))]


def shown(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def session(user, moment, paid, medium):
    return [str(user), shown(moment), "true" if paid else "false", medium]


def respelled(dice, medium):
    return dice.of([medium.upper(), medium.capitalize(), " " + medium, medium + " "])


def drawn_session(dice, user, moment):
    paid = dice.chance(45)
    medium = dice.of(PAID_MEDIUMS if paid else ORGANIC_MEDIUMS)
    if dice.chance(2):
        medium = ""
    elif dice.chance(6):
        medium = respelled(dice, medium)
    return session(user, moment, paid, medium)


def drawn_user(dice, user, sessions, conversions):
    moment = FIRST_DAY + timedelta(seconds=dice.below((DAYS - 8) * 86400))
    last = FIRST_DAY + timedelta(days=DAYS) - timedelta(seconds=1)
    first = moment
    for _ in range(1 + dice.below(5)):
        sessions.append(drawn_session(dice, user, moment))
        if dice.chance(3):  # sent twice
            again = list(sessions[-1])
            if again[3] and dice.chance(50):
                again[3] = respelled(dice, again[3].strip().lower())
            sessions.append(again)
        step = dice.of([600, 3600, 10800, 86400, 172800])
        moment = min(moment + timedelta(seconds=60 + dice.below(step)), last)
    if not dice.chance(45):
        return
    if dice.chance(3):
        registered = first - timedelta(seconds=60 + dice.below(3600))
        registered = max(registered, FIRST_DAY)
    else:
        registered = moment
    conversions.append([str(user), shown(registered)])
    if dice.chance(2):
        later = min(registered + timedelta(seconds=60 + dice.below(864000)), last)
        conversions.append([str(user), shown(later)])


def drawn_attributes(dice, user, users):
    country, plan = dice.of(COUNTRIES), dice.of(PLANS)
    if dice.chance(3):
        country = ""
    elif dice.chance(5):
        country = country.lower()
    moment = FIRST_DAY + timedelta(seconds=dice.below(60 * 86400))
    users.append([str(user), country, plan, shown(moment)])
    while dice.chance(15):
        moment += timedelta(seconds=3600 + dice.below(10 * 86400))
        plan = dice.of(PLANS)
        users.append([str(user), country, plan, shown(moment)])


def generate():
    dice = Dice(SEED)
    sessions, conversions, users = [], [], []

    for _, user, visits, registrations in EDGE_CASES:
        for moment, paid, medium in visits:
            sessions.append(session(user, at(moment), paid, medium))
        for moment in registrations:
            conversions.append([str(user), moment])

    for user in range(FIRST_USER, FIRST_USER + USERS):
        drawn_user(dice, user, sessions, conversions)

    for user in range(FIRST_USER + USERS, FIRST_USER + USERS + 12):
        moment = FIRST_DAY + timedelta(seconds=dice.below(DAYS * 86400))
        conversions.append([str(user), shown(moment)])  # came from nowhere

    for _ in range(15):  # the tracker lost the user
        moment = FIRST_DAY + timedelta(seconds=dice.below(DAYS * 86400))
        sessions.append(drawn_session(dice, "", moment))

    known = sorted({int(row[0]) for row in conversions})
    for user in known:
        if not dice.chance(2):
            drawn_attributes(dice, user, users)

    # As a log would have them: by time, not by user.
    sessions.sort(key=lambda row: row[1])
    conversions.sort(key=lambda row: row[1])
    users.sort(key=lambda row: row[3])
    return {
        "raw_sessions.csv": (["user_id", "session_started_at", "is_paid", "medium"], sessions),
        "raw_conversions.csv": (["user_id", "registered_at"], conversions),
        "raw_users.csv": (["user_id", "country", "plan", "updated_at"], users),
    }


def as_csv(header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def main():
    parser = argparse.ArgumentParser(description="Makes the seeds of the project.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--seeds", type=Path, help="the folder of the CSV files",
                        default=Path(__file__).resolve().parents[2] / "seeds")
    options = parser.parse_args()

    stale = []
    for name, (header, rows) in generate().items():
        path, text = options.seeds / name, as_csv(header, rows)
        if options.check:
            if not path.is_file() or path.read_bytes() != text.encode():
                stale.append(name)
        else:
            path.write_bytes(text.encode())
            print(f"{name}: {len(rows)} rows")
    for name in stale:
        print(f"{name} is not what this script makes", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
