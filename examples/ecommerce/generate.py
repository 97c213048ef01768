#!/usr/bin/env python3
"""Makes an online shop as it stands at the end of a day: its database and the events of its users.

    generate.py                      45 days: 2,700 orders, 44,000 messages, a second
    generate.py --days 46            the same shop a day later
    generate.py --days 180 --orders 600
                                     108,000 orders, 1.7 million messages: 440 MB, half a minute, 1 GB of memory

    database/seeds/*.csv             tables of the shop's database, loaded by the project in database/
    landing/user_events/partition=2/user_events+2+0000001000.json
                                     what a Kafka Connect sink leaves of a topic: JSON lines, a thousand
                                     messages a file, each with its offset within its partition

A day is the same however many are asked for; files of messages only ever grow. Only the standard library is
used, and of `random` only what Python promises not to change. What is awkward on purpose:

* orders change: created, then paid, shipped or cancelled, some days later;
* reviews are edited, and some ratings are out of range;
* lines of orders that nobody knows;
* messages are delivered at least once: some twice; some events are corrected or withdrawn by a later
  message with the same key, which always goes to the same partition.
"""

import argparse
import csv
import json
import shutil
import sys
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from chance import Chance, text  # noqa: E402

FIRST_DAY = datetime(2025, 6, 1)
SECOND = timedelta(seconds=1)
PARTITIONS = 3
MESSAGES_A_FILE = 1000
COUNTRIES = ["DE", "DE", "FR", "GB", "US", "BR"]
CATEGORIES = ["Kitchen", "Garden", "Books", "Toys", "Music", "Sports"]
EVENTS = ["product_view"] * 8 + ["search"] * 3 + ["add_to_cart"] * 2 + ["wishlist"]

TABLES = {
    "users": ["user_id", "name", "country", "registered_at"],
    "categories": ["category_id", "name"],
    "products": ["product_id", "name", "category_id", "price"],
    "orders": ["order_id", "user_id", "status", "ordered_at", "updated_at"],
    "order_details": ["order_detail_id", "order_id", "product_id", "quantity", "unit_price", "discount"],
    "reviews": ["review_id", "user_id", "product_id", "rating", "created_at", "updated_at"],
    "loyalty_points": ["entry_id", "user_id", "points", "reason", "created_at"],
}


def money(cents):
    return f"{cents // 100}.{cents % 100:02}"


class Shop:
    """What happened until `end`; what happens later is drawn, so that days stay the same, and left out."""

    def __init__(self, end, orders_a_day):
        self.end, self.orders_a_day = end, orders_a_day
        self.rows = {name: [] for name in TABLES}
        self.messages = [[] for _ in range(PARTITIONS)]
        self.prices = []
        self.user_count = 0
        chance = Chance("catalogue")
        self.rows["categories"] = [[number, name] for number, name in enumerate(CATEGORIES, 1)]
        for number in range(1, 91):
            self.prices.append(199 + 50 * chance.below(200))
            category = 1 + chance.below(len(CATEGORIES))
            self.rows["products"].append([number, f"{CATEGORIES[category - 1]} no. {number}", category, money(self.prices[-1])])
        for _ in range(60):
            self.register(FIRST_DAY - timedelta(days=1 + chance.below(300)), chance)

    def register(self, when, chance):
        self.user_count += 1
        row = [self.user_count, f"User {self.user_count}", chance.one_of(COUNTRIES), text(when)]
        if when < self.end:
            self.rows["users"].append(row)
        return self.user_count

    def someone(self, chance):
        return 1 + int(self.user_count * chance.draw() ** 1.5)

    def live(self, number):
        day, chance = FIRST_DAY + timedelta(days=number), Chance(f"day {number}")
        for _ in range(2 + chance.below(max(1, self.orders_a_day // 8))):
            self.register(day + chance.below(86_400) * SECOND, chance)
        events = []
        for _ in range(self.orders_a_day * 2):
            self.browse(number, day, events, chance)
        busy = 0.8 + 0.4 * chance.draw()
        for _ in range(int(self.orders_a_day * busy)):
            self.order(day + chance.below(86_400) * SECOND, chance)
        for _ in range(chance.below(5)):
            self.grant(self.someone(chance), 50 * (1 + chance.below(4)), "gift", day + chance.below(86_400) * SECOND)
        self.publish(events)

    def order(self, when, chance):
        order, user = len(self.rows["orders"]) + 1, self.someone(chance)
        total = 0
        for _ in range(1 + chance.below(4)):
            product, quantity = 1 + chance.below(len(self.prices)), 1 + chance.below(3)
            discount = chance.one_of([0, 0, 0, 5, 10])
            price = self.prices[product - 1]
            total += price * quantity * (100 - discount) // 100
            detail = len(self.rows["order_details"]) + 1
            of = 10_000_000 + order if chance.happens(0.003) else order
            self.rows["order_details"].append([detail, of, product, quantity, money(price), discount])
            if chance.happens(0.2):
                self.review(user, product, when + (2 + chance.below(12)) * timedelta(days=1), chance)
        paid = when + chance.below(86_400) * SECOND
        done = paid + (1 + chance.below(4)) * timedelta(days=1)
        states = [("created", when), ("paid", paid), ("cancelled" if chance.happens(0.08) else "shipped", done)]
        if chance.happens(0.05):
            states = [states[0], ("cancelled", done)]
        status, changed = [state for state in states if state[1] < self.end][-1]
        self.rows["orders"].append([order, user, status, text(when), text(changed)])
        if states[-1][0] == "shipped":
            self.grant(user, total // 100, "order", states[-1][1])
            if chance.happens(0.15):
                self.grant(user, -(total // 200), "redemption", states[-1][1] + timedelta(days=1 + chance.below(9)))

    def review(self, user, product, when, chance):
        rating, edited = 1 + int(5 * chance.draw() ** 0.6), when + (1 + chance.below(20)) * timedelta(days=1)
        edits, better = chance.happens(0.1), 1 + chance.below(5)
        if chance.happens(0.01):
            rating = chance.one_of([0, 11])
        if when < self.end:
            # A review's number is that of its order, so that it is the same on later days.
            changed = edits and edited < self.end
            self.rows["reviews"].append([len(self.rows["order_details"]), user, product, better if changed else rating,
                                         text(when), text(edited if changed else when)])

    def grant(self, user, points, reason, when):
        if when < self.end and points:
            entry = f"{text(when)}/{user}/{reason}/{len(self.rows['orders'])}"
            self.rows["loyalty_points"].append([entry, user, points, reason, text(when)])

    def browse(self, number, day, events, chance):
        """A few events of one user."""
        user, when = self.someone(chance), day + chance.below(80_000) * SECOND
        device = chance.one_of(["phone", "desktop"])
        for _ in range(1 + chance.below(14)):
            kind = chance.one_of(EVENTS)
            event = {"event_id": f"e{number:04}-{len(events):07}", "user_id": user, "event_type": kind,
                     "occurred_at": text(when), "device": device,
                     "product_id": None if kind == "search" else 1 + chance.below(len(self.prices)),
                     "seconds": chance.below(180)}
            events.append((when + SECOND, {"op": "upsert", **event}))
            if chance.happens(0.03):
                events.append((when + 2 * SECOND, {"op": "upsert", **event}))
            if chance.happens(0.04):
                corrected = {**event, "seconds": event["seconds"] + 200, "device": "app"}
                events.append((when + chance.below(5_000) * SECOND + 3 * SECOND, {"op": "upsert", **corrected}))
            if chance.happens(0.01):
                events.append((when + 5_100 * SECOND, {"op": "delete", **event}))
            when += (5 + chance.below(90)) * SECOND

    def publish(self, events):
        for sent, event in sorted(events, key=lambda each: each[0]):
            # The key says which partition, as Kafka does.
            log = self.messages[int(event["event_id"][1:].replace("-", "")) % PARTITIONS]
            log.append({**event, "kafka_offset": len(log), "kafka_timestamp": text(sent)})


def write(folder, shop):
    seeds = folder / "database" / "seeds"
    seeds.mkdir(parents=True, exist_ok=True)
    for table, columns in TABLES.items():
        with open(seeds / f"{table}.csv", "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(shop.rows[table])
    topic = folder / "landing" / "user_events"
    shutil.rmtree(topic, ignore_errors=True)
    for partition, log in enumerate(shop.messages):
        place = topic / f"partition={partition}"
        place.mkdir(parents=True)
        for begin in range(0, len(log), MESSAGES_A_FILE):
            with open(place / f"user_events+{partition}+{begin:010}.json", "w", encoding="utf-8") as file:
                file.writelines(json.dumps(message) + "\n" for message in log[begin : begin + MESSAGES_A_FILE])


def main():
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description="Makes the database and the events of an online shop.")
    parser.add_argument("--days", type=int, default=45, help="days from 2025-06-01 on (45)")
    parser.add_argument("--orders", type=int, default=60, help="orders a day, about (60)")
    parser.add_argument("--folder", type=Path, default=here, help="where database/ and landing/ are")
    options = parser.parse_args()
    shop = Shop(FIRST_DAY + timedelta(days=options.days), options.orders)
    for number in range(options.days):
        shop.live(number)
    write(options.folder, shop)
    print(", ".join(f"{table} {len(rows)}" for table, rows in shop.rows.items()), end=", ")
    print(f"messages {sum(map(len, shop.messages))}")


if __name__ == "__main__":
    main()
