#!/usr/bin/env python3
"""Makes the raw files of Happy Times, an online newspaper, in landing/.

    generate.py                      120 days of about 150 visits: 3 MB, half a second
    generate.py --days 365 --visits 5000
                                     1.8 million visits, 4.5 million views: 320 MB, two minutes
    generate.py --days 61 --fault volume_drop
                                     the last day is broken on purpose

A day is the same however many days are asked for, so `--days 61` is `--days 60` and one day more. Only
the standard library is used, and of `random` only what Python promises not to change.

The files have the faults that such data has:

* visits that were sent twice, or arrive up to two days late, so that they stand behind younger ones;
* sources spelled in different ways (`Search`, ` search`) or missing; campaigns that nobody knows;
* readers who are not logged in, though the browser is known to belong to somebody;
* people who press `subscribe` twice;
* mentions by outlets that nobody knows, and five spellings of three sentiments.

Faults of the last day, for tests that watch over the data:

* volume_drop: only every fifth visit arrives
* late_data:   nothing of the last day arrives; what arrives is three days old
* null_burst:  most visits have lost their source
* new_column:  visits have a column more, `browser`
"""

import argparse
import csv
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from chance import Chance, text  # noqa: E402

FIRST_DAY = datetime(2025, 1, 1)
DAYS = 120
SECOND = timedelta(seconds=1)
FAULTS = ["volume_drop", "late_data", "null_burst", "new_column"]

COLUMNS = {
    "raw_users": ["user_id", "visitor_id", "country", "signed_up_at"],
    "raw_contents": ["content_id", "title", "category", "kind", "is_premium", "published_at"],
    "raw_campaigns": ["campaign_id", "name", "channel", "starts_on", "ends_on", "budget"],
    "raw_outlets": ["outlet_id", "name", "country", "kind"],
    "raw_visits": ["visit_id", "visitor_id", "user_id", "visited_at", "source", "campaign_id", "device", "received_at"],
    "raw_views": ["view_id", "visit_id", "content_id", "viewed_at", "seconds"],
    "raw_subscription_events": ["event_id", "user_id", "event", "happened_at"],
    "raw_mentions": ["mention_id", "outlet_id", "published_at", "sentiment", "headline"],
}

COUNTRIES = ["us", "us", "gb", "gb", "de", "fr", "in", "br", ""]
CATEGORIES = ["science", "nature", "people", "sport", "culture", "food"]
KINDS = ["article", "article", "article", "video", "podcast"]
SOURCES = ["direct", "direct", "search", "search", "search", "social", "social", "newsletter", "partner"]
DEVICES = ["phone", "phone", "phone", "desktop", "tablet"]
SENTIMENTS = ["positive", "positive", "neutral", "neutral", "negative"]
SPELLINGS = {"positive": ["positive", "Positive", "pos"], "neutral": ["neutral", " neutral"], "negative": ["negative", "NEG"]}
# Busier in the week than at the weekend; Monday first.
WEEK = [1.05, 1.0, 1.0, 1.0, 1.05, 0.9, 0.95]

OUTLETS = [
    ("The Daily Harbour", "gb", "newspaper"), ("Morgenblick", "de", "newspaper"), ("La Lanterne", "fr", "newspaper"),
    ("Radio Meridian", "us", "radio"), ("Channel Nine", "us", "television"), ("Canal Sol", "br", "television"),
    ("Ink and Paper", "gb", "blog"), ("The Cheerful Cynic", "us", "blog"), ("Monsoon Review", "in", "blog"),
    ("Quiet Quarterly", "de", "magazine"),
]
CAMPAIGNS = [
    ("Winter warmth", "social", 0, 30, 900), ("Good news mornings", "email", 10, 45, 400),
    ("Spring readers", "search", 50, 100, 1500), ("Bring a friend", "social", 60, 90, 700),
    ("Podcast launch", "display", 75, 120, 1200), ("Summer of science", "search", 130, 200, 1800),
    ("Holiday reading", "email", 180, 230, 500), ("Back to school", "display", 235, 280, 1100),
    ("Autumn leaves", "social", 270, 330, 900), ("Year of good news", "search", 320, 364, 1600),
]


class Newspaper:
    """What happened so far, and the rows that tell of it."""

    def __init__(self, visits_a_day):
        self.visits_a_day = visits_a_day
        self.rows = {name: [] for name in COLUMNS}
        self.visitors = []          # [visitor, user or None, subscribed]
        self.late = []              # (received, row) of visits still on their way
        self.next = dict.fromkeys(COLUMNS, 1)
        chance = Chance("outlets and campaigns")
        for name, country, kind in OUTLETS:
            self.add("raw_outlets", name, country.upper() if chance.happens(0.3) else country, kind)
        for name, channel, start, end, budget in CAMPAIGNS:
            days = [(FIRST_DAY + timedelta(days=day)).date().isoformat() for day in (start, end)]
            self.add("raw_campaigns", name, channel, *days, budget)
        for back in range(40, 0, -1):
            self.publish(FIRST_DAY - timedelta(days=back, hours=chance.below(12)), chance)

    def add(self, table, *values):
        number = self.next[table]
        self.next[table] += 1
        self.rows[table].append([number, *values])
        return number

    def publish(self, when, chance):
        category = chance.one_of(CATEGORIES)
        title = f"{category.capitalize()} story no. {self.next['raw_contents']}"
        self.add("raw_contents", title, category, chance.one_of(KINDS), str(chance.happens(0.3)).lower(), text(when))

    def live(self, number):
        """One day more."""
        day = FIRST_DAY + timedelta(days=number)
        chance = Chance(f"day {number}")
        for _ in range(1 + chance.below(3)):
            self.publish(day + chance.below(6 * 3600) * SECOND, chance)
        visits = round(self.visits_a_day * WEEK[day.weekday()] * (0.97 + 0.06 * chance.draw()))
        starts = sorted(chance.below(86_400 - 3_600) for _ in range(visits))
        for start in starts:
            self.visit(day + start * SECOND, number, chance)
        for _ in range(chance.below(5)):
            self.mention(day + chance.below(86_400) * SECOND, chance)
        self.deliver(day + timedelta(days=1))

    def visit(self, when, number, chance):
        if not self.visitors or chance.happens(0.25):
            self.visitors.append([f"v{len(self.visitors) + 1:07d}", None, False])
        # Who was here lately comes again sooner.
        back = int(len(self.visitors) * chance.draw() ** 2)
        visitor = self.visitors[len(self.visitors) - 1 - back]
        source, campaign = chance.one_of(SOURCES), None
        running = [at + 1 for at, (_, _, start, end, _) in enumerate(CAMPAIGNS) if start <= number <= end]
        if running and chance.happens(0.25):
            source, campaign = "campaign", chance.one_of(running)
            if chance.happens(0.02):
                campaign = 900 + chance.below(9)
        if chance.happens(0.1):
            source = chance.one_of([source.capitalize(), source.upper(), f" {source}"])
        elif chance.happens(0.02):
            source = ""
        logged_in = visitor[1] if chance.happens(0.8) else None
        visit = self.send(visitor, logged_in, when, source, campaign, chance)
        self.read(visit, visitor, when, chance)
        self.decide(visitor, when, campaign, chance)

    def send(self, visitor, user, when, source, campaign, chance):
        visit = self.next["raw_visits"]
        self.next["raw_visits"] += 1
        row = [visit, visitor[0], user, text(when), source, campaign, chance.one_of(DEVICES)]
        delay = chance.below(2 * 86_400) if chance.happens(0.03) else chance.below(120)
        self.late.append((when + delay * SECOND, row))
        if chance.happens(0.02):
            self.late.append((when + (delay + 1 + chance.below(7_200)) * SECOND, row))
        return visit

    def read(self, visit, visitor, when, chance):
        contents = self.rows["raw_contents"]
        for _ in range(1 + chance.below(4)):
            when += chance.below(120) * SECOND
            content = contents[len(contents) - 1 - int(len(contents) * chance.draw() ** 3)]
            seconds = 5 + chance.below(60 if content[4] == "true" and not visitor[2] else 600)
            self.add("raw_views", visit, content[0], text(when), seconds)

    def decide(self, visitor, when, campaign, chance):
        """Signs up, subscribes or cancels at the end of a visit."""
        when += (600 + chance.below(600)) * SECOND
        if visitor[1] is None:
            if chance.happens(0.15):
                visitor[1] = self.add("raw_users", visitor[0], chance.one_of(COUNTRIES), text(when))
        elif not visitor[2]:
            if chance.happens(0.16 if campaign else 0.08):
                visitor[2] = True
                self.add("raw_subscription_events", visitor[1], "subscribe", text(when))
                if chance.happens(0.05):
                    self.add("raw_subscription_events", visitor[1], "subscribe", text(when + 3 * SECOND))
        elif chance.happens(0.03):
            visitor[2] = False
            self.add("raw_subscription_events", visitor[1], "cancel", text(when))

    def mention(self, when, chance):
        outlet = 77 if chance.happens(0.03) else 1 + chance.below(len(OUTLETS))
        sentiment = chance.one_of(SPELLINGS[chance.one_of(SENTIMENTS)])
        self.add("raw_mentions", outlet, text(when), sentiment, "Happy Times, \"the paper that smiles\"")

    def deliver(self, until):
        """Writes down the visits received by then, in the order in which they came."""
        arrived = sorted((each for each in self.late if each[0] < until), key=lambda each: (each[0], each[1][0]))
        self.late = [each for each in self.late if each[0] >= until]
        self.rows["raw_visits"] += [[*row, text(received)] for received, row in arrived]


def broken(rows, fault, last_day):
    """The visits with a fault in those received on the last day."""
    before = [row for row in rows if row[7] < text(last_day)]
    lately = [row for row in rows if row[7] >= text(last_day)]
    if fault == "volume_drop":
        lately = lately[::5]
    elif fault == "late_data":
        back = timedelta(days=3)
        earlier = [[text(datetime.fromisoformat(row[at]) - back) for at in (3, 7)] for row in lately]
        lately = [[*row[:3], visited, *row[4:7], received] for row, (visited, received) in zip(lately, earlier)]
    elif fault == "null_burst":
        lately = [[*row[:4], "" if at % 5 else row[4], *row[5:]] for at, row in enumerate(lately)]
    return before + lately


def write(folder, newspaper, fault, last_day):
    folder.mkdir(parents=True, exist_ok=True)
    for table, columns in COLUMNS.items():
        rows = newspaper.rows[table]
        if table == "raw_visits" and fault:
            rows = broken(rows, fault, last_day)
            if fault == "new_column":
                columns, rows = [*columns, "browser"], [[*row, "firefox"] for row in rows]
        with open(folder / f"{table}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Makes the raw files of Happy Times.")
    parser.add_argument("--days", type=int, default=DAYS, help=f"days from 2025-01-01 on ({DAYS})")
    parser.add_argument("--visits", type=int, default=150, help="about as many a day (150)")
    parser.add_argument("--fault", choices=FAULTS, help="what is wrong with the last day")
    parser.add_argument("--folder", type=Path, default=here / "landing", help="where the files go (landing/)")
    options = parser.parse_args()
    newspaper = Newspaper(options.visits)
    for number in range(options.days):
        newspaper.live(number)
    write(options.folder, newspaper, options.fault, FIRST_DAY + timedelta(days=options.days - 1))
    print(", ".join(f"{table} {len(rows)}" for table, rows in newspaper.rows.items()))
    if options.days != DAYS:
        as_of = (FIRST_DAY + timedelta(days=options.days)).date()
        print(f"aquifer build --vars 'as_of: {as_of}'")


if __name__ == "__main__":
    main()
