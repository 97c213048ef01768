#!/usr/bin/env python3
"""Makes the events of an online shop: clicks on advertisements of products, checkouts, and the users.

    generate.py                      30 days: 9,000 clicks, 1,500 checkouts, 0.2 seconds
    generate.py --days 31            the same and one day more
    generate.py --days 30 --users 20000 --visits 20000
                                     1.5 million clicks, 100 MB, 20 seconds, 0.5 GB of memory

Events go where a collector would leave them, a folder for each day on which they *arrived*:

    inbox/clicks/landed_on=2025-03-01/clicks.csv
    inbox/checkouts/landed_on=2025-03-01/checkouts.csv
    seeds/users.csv

A day is the same however many days are asked for. Only the standard library is used, and of `random` only
what Python promises not to change. The events have the faults that such events have:

* some arrive up to two days late, clicks as well as checkouts, so the click of a checkout may come after it;
* some arrive twice, even on different days;
* clicks of visitors who were not logged in have no user;
* checkouts by users whom the user table does not know.

The first day holds a hand-written checkout for each edge of the rule (EDGES).
"""

import argparse
import csv
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from chance import Chance, text  # noqa: E402

FIRST_DAY = datetime(2025, 3, 1)
SECOND = timedelta(seconds=1)
CHANNELS = ["search", "search", "social", "social", "display", "email", "affiliate"]
CAMPAIGNS = ["spring", "spring", "brand", "clearance", ""]
DEVICES = ["phone", "phone", "desktop", "tablet"]
COUNTRIES = ["DE", "DE", "FR", "GB", "US", "JP"]
SEGMENTS = ["new", "regular", "regular", "loyal"]
PRODUCTS = 60

CLICKS = ["click_id", "user_id", "product_id", "channel", "campaign", "device", "clicked_at"]
CHECKOUTS = ["checkout_id", "user_id", "product_id", "quantity", "amount", "payment", "checked_out_at"]
USERS = ["user_id", "name", "country", "segment", "signed_up_on"]

# (what it shows, seconds before the checkout at noon of clicks on the product, and of others)
EDGES = [
    ("a click an hour before still counts", [3600], []),
    ("a click a second earlier does not", [3601], []),
    ("of several clicks the earliest within the hour counts", [4000, 3000, 2000, 10], []),
    ("a click in the second of the checkout counts", [0], []),
    ("a click after the checkout does not", [-1], []),
    ("a click on another product does not", [], [600]),
    ("of two clicks in one second the lower number counts", [1800, 1800], []),
    ("no click at all", [], []),
]


def identifier(prefix, day, number):
    return f"{prefix}-{day:04}-{number:07}"


class Day:
    """The events that happened on one day, with the day on which each arrives."""

    def __init__(self, number, users, visits):
        self.number, self.users = number, users
        self.start = FIRST_DAY + timedelta(days=number)
        self.chance = Chance(f"day {number}")
        self.clicks, self.checkouts = [], []
        if number == 0:
            self.act_out_edges()
        for _ in range(visits):
            self.visit()

    def arrival(self, when):
        chance = self.chance
        delay = 1 + chance.below(2) if chance.happens(0.06) else 0
        return (when + timedelta(days=delay)).date().isoformat()

    def arrives(self, rows, row, when):
        rows.append((self.arrival(when), row))
        if self.chance.happens(0.02):
            rows.append((self.arrival(when), row))

    def click(self, user, product, when):
        chance = self.chance
        row = [identifier("k", self.number, len(self.clicks)), user, product, chance.one_of(CHANNELS),
               chance.one_of(CAMPAIGNS), chance.one_of(DEVICES), text(when)]
        self.arrives(self.clicks, row, when)

    def check_out(self, user, product, when):
        chance = self.chance
        quantity = 1 + chance.below(3)
        cents = quantity * (499 + 250 * (product % 17))
        row = [identifier("c", self.number, len(self.checkouts)), user, product, quantity,
               f"{cents // 100}.{cents % 100:02}", chance.one_of(["card", "card", "invoice", "wallet"]), text(when)]
        self.arrives(self.checkouts, row, when)

    def visit(self):
        """Somebody clicks on a product now and then, and may buy it."""
        chance = self.chance
        user, product = 1 + chance.below(self.users), 1 + chance.below(PRODUCTS)
        when = self.start + chance.below(86_400) * SECOND
        for _ in range(1 + chance.below(4)):
            self.click("" if chance.happens(0.1) else user, product if chance.happens(0.85) else 1 + chance.below(PRODUCTS), when)
            when += chance.below(1_500) * SECOND
        if chance.happens(0.2):
            self.check_out(user + self.users if chance.happens(0.02) else user, product, when + chance.below(1_800) * SECOND)

    def act_out_edges(self):
        noon = self.start + timedelta(hours=12)
        for at, (_, clicks, elsewhere) in enumerate(EDGES):
            user = 900_001 + at
            for product, moments in ((1, clicks), (2, elsewhere)):
                for seconds in moments:
                    self.click(user, product, noon - seconds * SECOND)
            self.check_out(user, 1, noon)


def people(count):
    chance = Chance("users")
    numbers = [*range(1, count + 1), *(900_001 + at for at in range(len(EDGES)))]
    for number in numbers:
        signed_up = (FIRST_DAY - timedelta(days=chance.below(700))).date().isoformat()
        yield [number, f"User {number}", chance.one_of(COUNTRIES), chance.one_of(SEGMENTS), signed_up]


def write(path, columns, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Makes clicks, checkouts and users.")
    parser.add_argument("--days", type=int, default=30, help="days from 2025-03-01 on (30)")
    parser.add_argument("--users", type=int, default=800, help="how many there are (800)")
    parser.add_argument("--visits", type=int, default=120, help="visits a day (120)")
    parser.add_argument("--folder", type=Path, default=here, help="where inbox/ and seeds/ go")
    options = parser.parse_args()

    arrived = {"clicks": {}, "checkouts": {}}
    for number in range(options.days):
        day = Day(number, options.users, options.visits)
        for kind, events in (("clicks", day.clicks), ("checkouts", day.checkouts)):
            for landed_on, row in events:
                arrived[kind].setdefault(landed_on, []).append(row)
    # What arrives after the last day has not arrived.
    last = (FIRST_DAY + timedelta(days=options.days - 1)).date().isoformat()
    shutil.rmtree(options.folder / "inbox", ignore_errors=True)
    for kind, columns in (("clicks", CLICKS), ("checkouts", CHECKOUTS)):
        days = {day: rows for day, rows in arrived[kind].items() if day <= last}
        for landed_on, rows in days.items():
            write(options.folder / "inbox" / kind / f"landed_on={landed_on}" / f"{kind}.csv", columns, rows)
        print(f"{kind}: {sum(map(len, days.values()))} in {len(days)} days")
    write(options.folder / "seeds" / "users.csv", USERS, people(options.users))


if __name__ == "__main__":
    main()
