#!/usr/bin/env python3
"""The marts of the online shop, computed from its raw files without SQL. See ../support/checking.py.

The folder is that of the project, with database/seeds/ and landing/ in it.
"""

import json
import sys
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import Mart, main, moment, rows_of  # noqa: E402

CENT = Decimal("0.01")


class Shop:
    def __init__(self, folder):
        tables = {path.stem: list(rows_of(path)) for path in (folder / "database" / "seeds").glob("*.csv")}
        self.users = {row["user_id"]: row for row in tables["users"]}
        categories = {row["category_id"]: row["name"] for row in tables["categories"]}
        self.products = {row["product_id"]: (row["name"], categories[row["category_id"]]) for row in tables["products"]}
        lines = defaultdict(list)
        for row in tables["order_details"]:
            price = int(row["quantity"]) * Decimal(row["unit_price"]) * (100 - int(row["discount"])) / 100
            lines[row["order_id"]].append((int(row["quantity"]), price.quantize(CENT, ROUND_HALF_UP)))
        # (user, time, items, amount) of paid orders
        self.orders = [(row["user_id"], moment(row["ordered_at"]), sum(line[0] for line in lines[row["order_id"]]),
                        sum((line[1] for line in lines[row["order_id"]]), Decimal(0)))
                       for row in tables["orders"] if row["status"] in ("paid", "shipped")]
        self.reviews = [row for row in tables["reviews"] if 1 <= int(row["rating"]) <= 5]
        self.points = tables["loyalty_points"]
        self.events = self.read_events(folder / "landing" / "user_events")

    def read_events(self, folder):
        """The last message of each key decides."""
        state = {}
        for path in folder.glob("partition=*/*.json"):
            for line in path.read_text(encoding="utf-8").splitlines():
                message = json.loads(line)
                known = state.get(message["event_id"])
                if known is None or known["kafka_offset"] < message["kafka_offset"]:
                    state[message["event_id"]] = message
        return [message for message in state.values() if message["op"] != "delete"]


shops = {}


def shop(folder):
    if folder not in shops:
        shops[folder] = Shop(folder)
    return shops[folder]


def user_activity(folder):
    all_of_it = shop(folder)
    events, orders = defaultdict(list), defaultdict(list)
    for event in all_of_it.events:
        events[str(event["user_id"])].append(event)
    for order in all_of_it.orders:
        orders[order[0]].append(order)
    reviews = Counter(review["user_id"] for review in all_of_it.reviews)
    rows = []
    for user, about in all_of_it.users.items():
        seen = events[user]
        kinds = Counter(event["event_type"] for event in seen)
        rows.append([int(user), about["name"], about["country"], len(seen), kinds["product_view"], kinds["add_to_cart"],
                     len({event["occurred_at"][:10] for event in seen}), sum(event["seconds"] for event in seen),
                     max((event["occurred_at"] for event in seen), default=None), len(orders[user]),
                     sum((order[3] for order in orders[user]), Decimal(0)), reviews[user]])
    return Mart(["user_id", "name", "country", "events", "product_views", "cart_additions", "active_days", "seconds",
                 "last_seen_at", "orders", "spent", "reviews"], 1, rows)


def product_rating(folder):
    all_of_it = shop(folder)
    ratings = defaultdict(list)
    for review in all_of_it.reviews:
        ratings[review["product_id"]].append(int(review["rating"]))
    mean = sum(map(sum, ratings.values())) / len(all_of_it.reviews)
    weighted = {product: (sum(ratings[product]) + 10 * mean) / (len(ratings[product]) + 10)
                for product in all_of_it.products}
    places = defaultdict(list)
    for product in sorted(weighted, key=lambda product: (-round(weighted[product], 6), int(product))):
        places[all_of_it.products[product][1]].append(product)
    rows = []
    for product, (name, category) in all_of_it.products.items():
        stars = ratings[product]
        rows.append([int(product), name, category, len(stars), sum(stars) / len(stars) if stars else None,
                     weighted[product], places[category].index(product) + 1])
    return Mart(["product_id", "name", "category", "reviews", "average_rating", "weighted_rating", "category_rank"], 1, rows)


def loyalty_points(folder):
    all_of_it = shop(folder)
    entries = defaultdict(list)
    for row in all_of_it.points:
        entries[row["user_id"]].append((int(row["points"]), row["created_at"]))
    rows = []
    for user, found in entries.items():
        earned = sum(points for points, _ in found if points > 0)
        spent = -sum(points for points, _ in found if points < 0)
        tier = "gold" if earned >= 5000 else "silver" if earned >= 2000 else "bronze"
        rows.append([int(user), all_of_it.users[user]["name"], earned, spent, earned - spent, tier,
                     max(when for _, when in found)])
    return Mart(["user_id", "name", "earned", "spent", "balance", "tier", "last_changed_at"], 1, rows)


def average_check(folder):
    all_of_it, groups = shop(folder), defaultdict(list)
    for order in all_of_it.orders:
        groups[f"{order[1]:%Y-%m}-01", all_of_it.users[order[0]]["country"]].append(order)
    rows = []
    for key, found in groups.items():
        items, revenue = sum(order[2] for order in found), sum(order[3] for order in found)
        rows.append([*key, len(found), len({order[0] for order in found}), items, revenue, float(revenue) / len(found),
                     items / len(found)])
    return Mart(["ordered_month", "country", "orders", "customers", "items", "revenue", "average_check", "average_items"],
                2, rows)


MARTS = {"user_activity": user_activity, "product_rating": product_rating, "loyalty_points": loyalty_points,
         "average_check": average_check}

if __name__ == "__main__":
    sys.exit(main("Computes the marts of the online shop without SQL.", MARTS))
