#!/usr/bin/env python3
"""Computes the marts of the growth-analytics project without any SQL.

    attribution.py --mart channel_attribution
        print the mart as CSV, sorted
    attribution.py --mart channel_attribution --compare export.csv
        compare with a CSV export of the relation; exit 1 if they differ

The seeds are read and walked through with plain loops, user by user and second
by second, as the rules are told to people. Nothing is shared with the models,
so an error in one of them shows.

A comparison goes by the names of the columns: an export may have more columns
and any order of rows and columns. Numbers may be written in any way, a
timestamp with a blank or a `T`.
"""

import argparse
import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

CHANNELS = ["paid_search", "paid_impression", "organic", "direct"]


class Session:
    def __init__(self, user, start, paid, medium):
        self.user, self.start, self.paid, self.medium = user, start, paid, medium

    def channel(self):
        if not self.paid:
            return "organic"
        return "paid_search" if self.medium == "search" else "paid_impression"


class Credit:
    def __init__(self, user, registered, channel, session):
        self.user, self.registered = user, registered
        self.channel, self.session = channel, session

    def seconds(self):
        if self.session is None:
            return None
        return int((self.registered - self.session.start).total_seconds())


# ---------------------------------------------------------------- reading

def rows_of(path):
    with open(path, newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def moment(text):
    return datetime.fromisoformat(text)


def read_sessions(folder):
    """Returns the sessions of each user, each session once."""
    seen, by_user = set(), {}
    for row in rows_of(folder / "raw_sessions.csv"):
        if not row["user_id"].strip():
            continue
        medium = row["medium"].strip().lower() or "unknown"
        identity = (int(row["user_id"]), moment(row["session_started_at"]),
                    row["is_paid"] == "true", medium)
        if identity not in seen:
            seen.add(identity)
            by_user.setdefault(identity[0], []).append(Session(*identity))
    return by_user


def read_registrations(folder):
    """Returns the first registration of each user."""
    first = {}
    for row in rows_of(folder / "raw_conversions.csv"):
        user, when = int(row["user_id"]), moment(row["registered_at"])
        if user not in first or when < first[user]:
            first[user] = when
    return first


# ---------------------------------------------------------------- the rules

def last(sessions):
    """Returns the last session; of several in one second, the first by medium."""
    found = None
    for session in sessions:
        if found is None or session.start > found.start:
            found = session
        elif session.start == found.start and session.medium < found.medium:
            found = session
    return found


def credit(user, registered, sessions):
    three_hours_ago = registered - timedelta(hours=3)
    one_hour_ago = registered - timedelta(hours=1)
    searches, impressions, organic = [], [], []
    for session in sessions:
        if session.start > registered:
            continue
        if session.paid and session.medium == "search":
            if session.start >= three_hours_ago:
                searches.append(session)
        elif session.paid:
            if session.start >= one_hour_ago:
                impressions.append(session)
        else:
            organic.append(session)
    if searches:
        return Credit(user, registered, "paid_search", last(searches))
    if impressions:
        return Credit(user, registered, "paid_impression", last(impressions))
    if organic:
        return Credit(user, registered, "organic", last(organic))
    return Credit(user, registered, "direct", None)


# ---------------------------------------------------------------- the marts

def channel_attribution(credits, _sessions):
    header = ["user_id", "registered_at", "channel", "touched_at", "medium",
              "seconds_to_convert"]
    rows = []
    for each in credits:
        touch = each.session
        rows.append([each.user, each.registered, each.channel,
                     touch.start if touch else None,
                     touch.medium if touch else None,
                     each.seconds()])
    return header, ["user_id"], rows


def channel_performance(credits, sessions):
    header = ["channel", "sessions", "visitors", "registrations",
              "conversion_rate", "average_seconds_to_convert"]
    rows = []
    for channel in CHANNELS:
        visits, visitors = 0, set()
        for session in sessions:
            if session.channel() == channel:
                visits += 1
                visitors.add(session.user)
        registrations, seconds = 0, []
        for each in credits:
            if each.channel == channel:
                registrations += 1
                if each.session is not None:
                    seconds.append(each.seconds())
        rate = registrations / len(visitors) if visitors else None
        mean = sum(seconds) / len(seconds) if seconds else None
        rows.append([channel, visits, len(visitors), registrations, rate, mean])
    return header, ["channel"], rows


def daily_funnel(credits, sessions):
    header = ["date_day", "sessions", "paid_sessions", "visitors", "registrations"]
    header += ["registrations_" + channel for channel in CHANNELS]
    header += ["registrations_per_visitor"]

    active = [s.start.date() for s in sessions] + [c.registered.date() for c in credits]
    rows, day = [], min(active, default=None)
    while active and day <= max(active):
        visits, paid, visitors = 0, 0, set()
        for session in sessions:
            if session.start.date() == day:
                visits += 1
                paid += session.paid
                visitors.add(session.user)
        by_channel = dict.fromkeys(CHANNELS, 0)
        for each in credits:
            if each.registered.date() == day:
                by_channel[each.channel] += 1
        total = sum(by_channel.values())
        rate = total / len(visitors) if visitors else None
        rows.append([day, visits, paid, len(visitors), total,
                     *by_channel.values(), rate])
        day += timedelta(days=1)
    return header, ["date_day"], rows


MARTS = {
    "channel_attribution": channel_attribution,
    "channel_performance": channel_performance,
    "daily_funnel": daily_funnel,
}


def compute(mart, folder):
    """Returns the header, the columns of the key, and the rows sorted by it."""
    by_user, registrations = read_sessions(folder), read_registrations(folder)
    credits = [credit(user, when, by_user.get(user, []))
               for user, when in registrations.items()]
    sessions = [session for group in by_user.values() for session in group]
    header, key, rows = MARTS[mart](credits, sessions)
    at = header.index(key[0])
    return header, key, sorted(rows, key=lambda row: row[at])


# ---------------------------------------------------------------- comparing

def shown(value):
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    return repr(value) if isinstance(value, float) else str(value)


def same(wanted, found):
    """Says whether two fields mean the same, however they are written."""
    if wanted == found:
        return True
    if "" in (wanted, found):
        return False
    try:
        a, b = float(wanted), float(found)
        return abs(a - b) <= 1e-9 * max(1.0, abs(a), abs(b))
    except ValueError:
        pass
    try:
        return moment(wanted).replace(tzinfo=None) == moment(found).replace(tzinfo=None)
    except ValueError:
        return False


def differences(header, key, rows, path):
    """Yields a line for each difference between the oracle and an export."""
    with open(path, newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        export = list(reader)
        columns = reader.fieldnames or []
    missing = [name for name in header if name not in columns]
    if missing:
        yield f"the export has no column {', '.join(missing)}"
        return

    found = {}
    for row in export:
        at = canonical(row[key[0]])
        if at in found:
            yield f"{key[0]}={at}: stands twice in the export"
        found[at] = row
    for row in rows:
        wanted = dict(zip(header, map(shown, row)))
        at = canonical(wanted[key[0]])
        other = found.pop(at, None)
        if other is None:
            yield f"{key[0]}={at}: not in the export"
            continue
        for name in header:
            if not same(wanted[name], other[name]):
                yield f"{key[0]}={at}: {name} should be {wanted[name]!r}, is {other[name]!r}"
    for at in found:
        yield f"{key[0]}={at}: only in the export"


def canonical(text):
    """Returns the text of a key: a day may have come as a timestamp."""
    for midnight in (" 00:00:00", "T00:00:00"):
        if text.endswith(midnight):
            return text[: -len(midnight)]
    return text


def main():
    parser = argparse.ArgumentParser(description="Computes the marts without SQL.")
    parser.add_argument("--mart", required=True, choices=MARTS)
    parser.add_argument("--compare", type=Path, metavar="FILE", help="a CSV export")
    parser.add_argument("--seeds", type=Path, help="the folder of the CSV files",
                        default=Path(__file__).resolve().parents[2] / "seeds")
    options = parser.parse_args()

    header, key, rows = compute(options.mart, options.seeds)
    if options.compare is None:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(header)
        writer.writerows([shown(value) for value in row] for row in rows)
        return 0

    found = list(differences(header, key, rows, options.compare))
    for line in found[:50]:
        print(line)
    if len(found) > 50:
        print(f"... and {len(found) - 50} more")
    verdict = f"{len(found)} differences" if found else "the same"
    print(f"{options.mart}: {len(rows)} rows expected, {verdict}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
