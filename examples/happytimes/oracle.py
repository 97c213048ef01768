#!/usr/bin/env python3
"""The marts of Happy Times, computed from the raw files without SQL. See ../support/checking.py."""

import sys
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
from checking import Mart, main, moment, rows_of  # noqa: E402

WINDOW = timedelta(days=7)
SENTIMENTS = {"positive": "positive", "pos": "positive", "neutral": "neutral", "negative": "negative", "neg": "negative"}
NEVER = datetime(9999, 12, 31)


class Subscription:
    def __init__(self, user, begin):
        self.user, self.begin, self.end, self.campaign = user, begin, None, None

    def covers(self, when):
        return self.begin <= when < (self.end or NEVER)


class Paper:
    """All that happened, object by object."""

    def __init__(self, folder):
        self.users = {row["user_id"]: row for row in rows_of(folder / "raw_users.csv")}
        self.contents = {row["content_id"]: row for row in rows_of(folder / "raw_contents.csv")}
        self.campaigns = {row["campaign_id"]: row for row in rows_of(folder / "raw_campaigns.csv")}
        self.outlets = {row["outlet_id"]: row for row in rows_of(folder / "raw_outlets.csv")}
        self.owner = {row["visitor_id"]: user for user, row in self.users.items()}
        self.visits = self.read_visits(folder)
        self.subscriptions = self.read_subscriptions(folder)
        self.views = [(row, self.visits[row["visit_id"]], moment(row["viewed_at"]))
                      for row in rows_of(folder / "raw_views.csv") if row["visit_id"] in self.visits]
        self.mentions = list(rows_of(folder / "raw_mentions.csv"))

    def read_visits(self, folder):
        visits = {}
        for row in rows_of(folder / "raw_visits.csv"):
            known = visits.get(row["visit_id"])
            if known is not None and known["received_at"] <= row["received_at"]:
                continue
            row["at"] = moment(row["visited_at"])
            row["source"] = (row["source"] or "").strip().lower() or "unknown"
            row["user_id"] = row["user_id"] or self.owner.get(row["visitor_id"])
            if row["campaign_id"] and row["campaign_id"] not in self.campaigns:
                row["campaign_id"] = "-1"
            visits[row["visit_id"]] = row
        return visits

    def read_subscriptions(self, folder):
        events = sorted(rows_of(folder / "raw_subscription_events.csv"),
                        key=lambda row: (row["happened_at"], int(row["event_id"])))
        running, subscriptions = {}, []
        for event in events:
            user, when = event["user_id"], moment(event["happened_at"])
            if event["event"] == "subscribe" and user not in running:
                running[user] = Subscription(user, when)
                subscriptions.append(running[user])
            elif event["event"] == "cancel" and user in running:
                running.pop(user).end = when
        touches = defaultdict(list)
        for visit in self.visits.values():
            if visit["campaign_id"] and visit["user_id"]:
                touches[visit["user_id"]].append((visit["at"], int(visit["visit_id"]), visit["campaign_id"]))
        for each in subscriptions:
            within = [touch for touch in touches[each.user] if each.begin - WINDOW <= touch[0] <= each.begin]
            each.campaign = max(within)[2] if within else None
        return subscriptions

    def days(self):
        first = min(visit["at"] for visit in self.visits.values()).date()
        last = max(visit["at"] for visit in self.visits.values()).date()
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]


papers = {}


def paper(folder):
    if folder not in papers:
        papers[folder] = Paper(folder)
    return papers[folder]


def visitors_by_source(folder):
    all_of_it = paper(folder)
    subscribers = {each.user for each in all_of_it.subscriptions}
    first, visits = {}, Counter()
    for visit in all_of_it.visits.values():
        visits[visit["source"]] += 1
        known = first.get(visit["visitor_id"])
        if known is None or (visit["at"], int(visit["visit_id"])) < (known["at"], int(known["visit_id"])):
            first[visit["visitor_id"]] = visit
    groups = defaultdict(list)
    for visitor, visit in first.items():
        groups[visit["source"]].append(all_of_it.owner.get(visitor))
    rows = []
    for source, count in visits.items():
        owners = groups[source]
        signed_up = sum(owner is not None for owner in owners)
        subscribed = sum(owner in subscribers for owner in owners)
        rates = [number / len(owners) if owners else None for number in (signed_up, subscribed)]
        rows.append([source, count, len(owners), signed_up, subscribed, *rates])
    return Mart(["source", "visits", "visitors", "signed_up", "subscribed", "sign_up_rate", "subscription_rate"], 1, rows)


def popular_content(folder):
    all_of_it = paper(folder)
    periods = defaultdict(list)
    for each in all_of_it.subscriptions:
        periods[each.user].append(each)
    readers, seconds = defaultdict(set), defaultdict(list)
    for view, visit, when in all_of_it.views:
        if any(period.covers(when) for period in periods.get(visit["user_id"], [])):
            readers[view["content_id"]].add(visit["user_id"])
            seconds[view["content_id"]].append(int(view["seconds"]))
    order = sorted(readers, key=lambda content: (-len(readers[content]), -len(seconds[content]), int(content)))
    rows = []
    for rank, content in enumerate(order, 1):
        about, times = all_of_it.contents[content], seconds[content]
        rows.append([rank, int(content), about["title"], about["category"], about["kind"], about["is_premium"] == "true",
                     len(readers[content]), len(times), sum(times) / len(times)])
    return Mart(["popularity_rank", "content_id", "title", "category", "kind", "is_premium", "subscribers", "views",
                 "average_seconds"], 1, rows)


def campaign_conversion(folder):
    all_of_it = paper(folder)
    rows = []
    unknown = {"name": "unknown", "channel": "unknown", "budget": "0"}
    for campaign, about in [*all_of_it.campaigns.items(), ("-1", unknown)]:
        visits = [visit for visit in all_of_it.visits.values() if visit["campaign_id"] == campaign]
        visitors = {visit["visitor_id"] for visit in visits}
        won = [each for each in all_of_it.subscriptions if each.campaign == campaign]
        rate = len({each.user for each in won}) / len(visitors) if visitors else None
        cost = float(about["budget"]) / len(won) if won else None
        rows.append([int(campaign), about["name"], about["channel"], float(about["budget"]), len(visits), len(visitors),
                     len(won), rate, cost])
    return Mart(["campaign_id", "name", "channel", "budget", "visits", "visitors", "subscriptions", "conversion_rate",
                 "cost_per_subscription"], 1, rows)


def monthly_retention(folder):
    all_of_it = paper(folder)
    joined, seen = {}, defaultdict(set)
    for each in all_of_it.subscriptions:
        joined[each.user] = min(joined.get(each.user, NEVER), each.begin)
    for visit in all_of_it.visits.values():
        seen[(visit["at"].year, visit["at"].month)].add(visit["user_id"])
    months = sorted({(day.year, day.month) for day in all_of_it.days()})
    cohorts = defaultdict(set)
    for user, when in joined.items():
        cohorts[(when.year, when.month)].add(user)
    rows = []
    for cohort, members in cohorts.items():
        for month in months:
            if month >= cohort:
                active = len(members & seen[month])
                later = (month[0] - cohort[0]) * 12 + month[1] - cohort[1]
                rows.append([f"{cohort[0]}-{cohort[1]:02}-01", f"{month[0]}-{month[1]:02}-01", later, len(members),
                             active, active / len(members)])
    return Mart(["cohort_month", "active_month", "months_later", "subscribers", "active_subscribers", "retention_rate"],
                2, rows)


def sentiment_by_outlet(folder):
    all_of_it = paper(folder)
    counts = defaultdict(Counter)
    for mention in all_of_it.mentions:
        outlet = mention["outlet_id"] if mention["outlet_id"] in all_of_it.outlets else "-1"
        counts[outlet][SENTIMENTS[mention["sentiment"].strip().lower()]] += 1
    rows = []
    for outlet, about in [*all_of_it.outlets.items(), ("-1", {"name": "unknown", "kind": "unknown"})]:
        found = counts[outlet]
        net = (found["positive"] - found["negative"]) / found.total() if found else None
        rows.append([int(outlet), about["name"], about["kind"], found.total(), found["positive"], found["neutral"],
                     found["negative"], net])
    return Mart(["outlet_id", "name", "kind", "mentions", "positive", "neutral", "negative", "net_sentiment"], 1, rows)


def daily_activity(folder):
    all_of_it = paper(folder)
    visits, visitors = Counter(), defaultdict(set)
    for visit in all_of_it.visits.values():
        visits[visit["at"].date()] += 1
        visitors[visit["at"].date()].add(visit["visitor_id"])
    views, seconds = Counter(), Counter()
    for view, _, when in all_of_it.views:
        views[when.date()] += 1
        seconds[when.date()] += int(view["seconds"])
    begun = Counter(each.begin.date() for each in all_of_it.subscriptions)
    rows = [[day, visits[day], len(visitors[day]), views[day], seconds[day], begun[day]] for day in all_of_it.days()]
    return Mart(["date_day", "visits", "visitors", "views", "seconds", "subscriptions"], 1, rows)


MARTS = {
    "visitors_by_source": visitors_by_source,
    "popular_content": popular_content,
    "campaign_conversion": campaign_conversion,
    "monthly_retention": monthly_retention,
    "sentiment_by_outlet": sentiment_by_outlet,
    "daily_activity": daily_activity,
}

if __name__ == "__main__":
    sys.exit(main("Computes the marts of Happy Times without SQL.", MARTS))
