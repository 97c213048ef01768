#!/usr/bin/env python3
"""Makes what the users of a note-taking app did, in landing/.

    generate.py                          60 days from 2024-01-01, 2,000 actions a day: 5 MB, a second
    generate.py --days 366 --a-day 30000 the year, 10.1 million actions: 480 MB, 20 seconds on two cores

    landing/interactions/date=2024-01-01/actions.csv    what happened and arrived on that day
    landing/interactions/date=2024-01-02/late.csv       what happened the day before and arrived late
    landing/users/country=DE/users.csv

A day is the same however many days are asked for; days that stand there already are left alone, so one day
more costs one day (`--anew` begins again). Days are made by all cores. Only the standard library is used,
and of `random` only what Python promises not to change. The data has the faults that such data has:

* one action in 70 arrives a day late, when its day was already counted;
* one in 90 is sent twice by a client that tried again, with another duration;
* one in 100 has a duration that cannot be: below zero, or above two hours;
* breaks within a session of almost and just over half an hour, and sessions that run past midnight.
"""

import argparse
import os
import random
import shutil
from datetime import date, timedelta
from multiprocessing import Pool
from pathlib import Path

FIRST_DAY = date(2024, 1, 1)
COUNTRIES = ["DE", "FR", "GB", "IN", "JP", "US"]
DEVICES = ["phone", "desktop", "tablet"]
PLANS = ["free", "free", "free", "personal", "team"]
ACTIONS = ["page_view"] * 9 + ["edit"] * 4 + ["create", "delete", "share"]
HEADER = "user_id,timestamp,action_type,page_id,duration_ms,app_version\n"
# Seconds from one action of a session to the next: short ones, and some about the half hour that ends it.
GAPS = [*range(5, 240, 4), 1799, 1800, 1801, 2400]
ACTIONS_A_SESSION = 8


def day_of(number):
    return FIRST_DAY + timedelta(days=number)


def user_count(a_day):
    return max(50, a_day // 5)


def make_day(task):
    """Writes the files of what happened on one day; gives the number of rows."""
    folder, number, a_day, last = task
    draw = random.Random(f"day {number}").random
    users = user_count(a_day)
    # More people use the app in the week, and more each month.
    busy = (1.0 if day_of(number).weekday() < 5 else 0.7) * (0.85 + 0.3 * number / 366)
    version = f"{2 + number // 180}.{number // 14 % 13}"
    day, tomorrow = day_of(number).isoformat(), day_of(number + 1).isoformat()
    on_time, late, after_midnight = [], [], []
    for _ in range(int(a_day * busy / ACTIONS_A_SESSION)):
        # Some users are here every day, most now and then.
        user = 1 + int(users * draw() ** 2)
        second = int(draw() * 86_400)
        for _ in range(1 + int(draw() * (2 * ACTIONS_A_SESSION - 1))):
            chance = draw()
            pick = int(chance * 2**40)
            if second >= 86_400:
                stamp = f"{tomorrow} {(second - 86_400) // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}"
                rows = after_midnight
            else:
                stamp = f"{day} {second // 3600:02}:{second % 3600 // 60:02}:{second % 60:02}"
                rows = on_time
            duration = pick % 119_993
            if pick % 100 == 7:
                duration = 7_200_001 + duration if pick & 1024 else -duration - 1
            elif pick % 1000 == 8:
                duration = 7_200_000 if pick & 1024 else 0
            action, page = ACTIONS[pick % 16], user * 100 + pick % 37
            if pick % 70 == 11:
                rows = late
            rows.append(f"{user},{stamp},{action},{page},{duration},{version}\n")
            if pick % 90 == 13:
                (late if pick & 2048 else rows).append(f"{user},{stamp},{action},{page},{duration + 40},{version}\n")
            second += GAPS[pick % len(GAPS)]
    write(folder / f"date={day}" / "actions.csv", on_time)
    # What arrives after the last day has not arrived.
    if number + 1 < last:
        write(folder / f"date={tomorrow}" / "late.csv", late + after_midnight)
    return len(on_time) + (len(late) + len(after_midnight) if number + 1 < last else 0)


def write(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(HEADER)
        file.writelines(lines)


def make_users(folder, count):
    draw = random.Random("users").random
    by_country = {country: [] for country in COUNTRIES}
    for user in range(1, count + 1):
        joined = FIRST_DAY - timedelta(days=int(draw() * 900))
        line = f"{user},{joined},{DEVICES[int(draw() * 3)]},{PLANS[int(draw() * 5)]}\n"
        by_country[COUNTRIES[int(len(COUNTRIES) * draw())]].append(line)
    for country, lines in by_country.items():
        path = folder / f"country={country}" / "users.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("user_id,joined_on,device,plan\n" + "".join(lines), encoding="utf-8")


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Makes the raw files of a note-taking app.")
    parser.add_argument("--days", type=int, default=60, help="days from 2024-01-01 on (60)")
    parser.add_argument("--a-day", type=int, default=2000, help="actions a day, about (2000)")
    parser.add_argument("--folder", type=Path, default=here / "landing", help="where the files go (landing/)")
    parser.add_argument("--anew", action="store_true", help="remove what stands there first")
    options = parser.parse_args()
    if options.anew:
        shutil.rmtree(options.folder, ignore_errors=True)

    interactions = options.folder / "interactions"
    made = options.folder / "made"
    known = int(made.read_text().split()[0]) if made.exists() else 0
    if made.exists() and int(made.read_text().split()[1]) != options.a_day:
        parser.error("landing/ was made with another --a-day; use --anew")
    # The late rows of the last known day were held back.
    numbers = range(max(0, known - 1), options.days)
    tasks = [(interactions, number, options.a_day, options.days) for number in numbers]
    with Pool(os.cpu_count()) as pool:
        rows = sum(pool.imap_unordered(make_day, tasks, chunksize=4))
    make_users(options.folder / "users", user_count(options.a_day))
    made.write_text(f"{max(known, options.days)} {options.a_day}\n", encoding="utf-8")
    print(f"{rows} actions written, {options.days} days, {user_count(options.a_day)} users")


if __name__ == "__main__":
    main()
