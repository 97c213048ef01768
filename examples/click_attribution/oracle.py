#!/usr/bin/env python3
"""The marts of click attribution, computed from the events without SQL. See ../support/checking.py.

The folder is that of the project, with inbox/ and seeds/ in it.
"""

import sys
from collections import Counter, defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import Mart, main, moment, rows_of  # noqa: E402

HOUR = timedelta(hours=1)


def events(folder, kind, key, time):
    """Events by identifier, whatever the day on which they arrived."""
    found = {}
    for path in sorted((folder / "inbox" / kind).glob("landed_on=*/*.csv")):
        for row in rows_of(path):
            row["at"] = moment(row[time])
            found.setdefault(row[key], row)
    return found


class Shop:
    def __init__(self, folder):
        self.users = {row["user_id"]: row for row in rows_of(folder / "seeds" / "users.csv")}
        clicks = events(folder, "clicks", "click_id", "clicked_at")
        self.clicks = [click for click in clicks.values() if click["user_id"]]
        self.checkouts = events(folder, "checkouts", "checkout_id", "checked_out_at")
        by_interest = defaultdict(list)
        for click in self.clicks:
            by_interest[click["user_id"], click["product_id"]].append(click)
        for checkout in self.checkouts.values():
            until = checkout["at"]
            candidates = [click for click in by_interest[checkout["user_id"], checkout["product_id"]]
                          if until - HOUR <= click["at"] <= until]
            checkout["candidates"] = len(candidates)
            checkout["click"] = min(candidates, key=lambda click: (click["at"], click["click_id"]), default=None)
            checkout["channel"] = checkout["click"]["channel"] if candidates else "direct"
            checkout["country"] = self.users.get(checkout["user_id"], {"country": "unknown"})["country"]

    def seconds(self, checkout):
        return int((checkout["at"] - checkout["click"]["at"]).total_seconds()) if checkout["click"] else None


shops = {}


def shop(folder):
    if folder not in shops:
        shops[folder] = Shop(folder)
    return shops[folder]


def checkouts_wide(folder):
    all_of_it, rows = shop(folder), []
    for checkout in all_of_it.checkouts.values():
        user, click = all_of_it.users.get(checkout["user_id"]), checkout["click"]
        signed_up = (checkout["at"].date() - moment(user["signed_up_on"]).date()).days if user else None
        rows.append([
            checkout["checkout_id"], checkout["at"], checkout["at"].date(), checkout["at"].hour,
            int(checkout["product_id"]), int(checkout["quantity"]), Decimal(checkout["amount"]), checkout["payment"],
            int(checkout["user_id"]), user and user["name"], checkout["country"], user["segment"] if user else "unknown",
            signed_up, click is not None, click and click["click_id"], click and click["at"], all_of_it.seconds(checkout),
            checkout["channel"], (click and click["campaign"]) or "none", click and click["device"], checkout["candidates"],
        ])
    return Mart(["checkout_id", "checked_out_at", "checkout_day", "checkout_hour", "product_id", "quantity", "amount",
                 "payment", "user_id", "user_name", "user_country", "user_segment", "days_since_sign_up", "is_attributed",
                 "click_id", "clicked_at", "seconds_to_checkout", "channel", "campaign", "device", "clicks_in_window"],
                1, rows)


def channel_revenue(folder):
    all_of_it = shop(folder)
    clicks = Counter(click["channel"] for click in all_of_it.clicks)
    groups = defaultdict(list)
    for checkout in all_of_it.checkouts.values():
        groups[checkout["channel"]].append(checkout)
    rows = []
    for channel in {*clicks, *groups}:
        found = groups[channel]
        seconds = [all_of_it.seconds(each) for each in found if each["click"]]
        mean = sum(seconds) / len(seconds) if seconds else None
        rate = len(found) / clicks[channel] if clicks[channel] else None
        rows.append([channel, clicks[channel], len(found), len({each["user_id"] for each in found}),
                     sum((Decimal(each["amount"]) for each in found), Decimal(0)), mean, rate])
    return Mart(["channel", "clicks", "checkouts", "customers", "revenue", "average_seconds_to_checkout",
                 "checkouts_per_click"], 1, rows)


def daily_revenue(folder):
    groups = defaultdict(list)
    for checkout in shop(folder).checkouts.values():
        groups[checkout["at"].date(), checkout["channel"], checkout["country"]].append(checkout)
    rows = [[*key, len(found), sum(int(each["quantity"]) for each in found),
             sum((Decimal(each["amount"]) for each in found), Decimal(0))] for key, found in groups.items()]
    return Mart(["checkout_day", "channel", "user_country", "checkouts", "items", "revenue"], 3, rows)


MARTS = {"checkouts_wide": checkouts_wide, "channel_revenue": channel_revenue, "daily_revenue": daily_revenue}

if __name__ == "__main__":
    sys.exit(main("Computes the marts of click attribution without SQL.", MARTS))
