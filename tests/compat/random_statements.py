#!/usr/bin/env python3
"""Makes random SELECT statements and compares their answers on PostgreSQL and on the lakehouse.

    random_statements.py AQUIFER POSTGRES_URL [--count 300] [--seed 1] [--keep FOLDER] [--all]

Each statement is a table model of one project, built once on either warehouse. Its rows must be equal:
numbers up to the digits that are documented to differ, the rest exactly, in any order. Statements that both
refuse are left out, and those that PostgreSQL alone refuses unless `--all` is given. The lakehouse's tables
are read by Python's `deltalake`, those of PostgreSQL by `psycopg2`; `pyarrow` is needed too. A statement is
made from its number, so that `--seed` and `--count` give the same ones again. Exit code 0: no difference.
"""

import argparse
import collections
import datetime
import decimal
import json
import math
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

PROJECT = "name: random_statements\nprofile: random_statements\nmodels: {+materialized: table}\n"

# Rows of which many are alike, some values missing, some at their bounds.
ORDERS = [
    ("id", "int"), ("customer", "int"), ("pieces", "int"), ("cents", "big"), ("price", "num"),
    ("weight", "dbl"), ("word", "txt"), ("note", "txt"), ("paid", "bool"), ("day", "date"), ("at", "ts"),
]
CUSTOMERS = [("id", "int"), ("score", "int"), ("credit", "num"), ("name", "txt"), ("since", "date"), ("active", "bool")]
TABLES = {"orders": ORDERS, "customers": CUSTOMERS}
SQL_TYPES = {
    "int": "int", "big": "bigint", "num": "numeric(12,2)", "dbl": "double precision", "txt": "text",
    "bool": "boolean", "date": "date", "ts": "timestamp",
}
# No letters beyond ASCII: what their capitals are is a matter of the server's locale.
WORDS = ["a", "ab", "Abc", "b c", "", " x ", "zeta", "ZETA", "a%b", "10", "x_y", "o'k"]


def value(kind, chance):
    """A literal of a type."""
    if kind in ("int", "big"):
        return str(chance.choice([0, 1, 2, 3, 5, 7, 10, -1, -4, 12]))
    if kind == "num":
        return chance.choice(["0.00", "1.25", "2.50", "-3.75", "10.05", "0.01", "7.00"])
    if kind == "dbl":
        return chance.choice(["0.5", "1.5", "-2.25", "4.0", "8.125"]) + "::double precision"
    if kind == "txt":
        return "'" + chance.choice(WORDS).replace("'", "''") + "'"
    if kind == "bool":
        return chance.choice(["true", "false"])
    day = f"2024-{chance.randint(1, 12):02}-{chance.choice([1, 2, 15, 27, 28]):02}"
    if kind == "date":
        return f"date '{day}'"
    return f"timestamp '{day} {chance.randint(0, 23):02}:{chance.choice([0, 15, 59]):02}:{chance.choice([0, 30]):02}'"


def table_model(name, columns, rows, chance):
    """A table of random rows with typed columns."""
    lines = []
    for number in range(1, rows + 1):
        values = [str(number)]
        for column, kind in columns[1:]:
            values.append("null" if chance.random() < 0.12 else value(kind, chance))
        lines.append("(" + ", ".join(values) + ")")
    typed = ", ".join(f"{column}::{SQL_TYPES[kind]} as {column}" for column, kind in columns)
    names = ", ".join(column for column, _ in columns)
    return f"select {typed} from (values\n" + ",\n".join(lines) + f"\n) as v ({names})\n"


class Maker:
    """Makes one statement."""

    def __init__(self, chance):
        self.chance = chance
        self.count = 0

    def pick(self, *choices):
        return self.chance.choice(choices)

    def alias(self):
        self.count += 1
        return f"t{self.count}"

    # Expressions: `scope` is a list of (alias, column, type).

    def column(self, kind, scope):
        found = [f"{alias}.{name}" for alias, name, of in scope if of == kind]
        return self.chance.choice(found) if found else None

    def leaf(self, kind, scope):
        column = self.column(kind, scope)
        if column and self.chance.random() < 0.8:
            return column
        if self.chance.random() < 0.06:
            return f"null::{SQL_TYPES[kind]}"
        return f"{value(kind, self.chance)}::{SQL_TYPES[kind]}" if kind in ("big", "num") else value(kind, self.chance)

    def expression(self, kind, scope, depth=2):
        if depth <= 0 or self.chance.random() < 0.25:
            return self.leaf(kind, scope)
        of = lambda other=kind: self.expression(other, scope, depth - 1)
        general = [
            lambda: f"case when {of('bool')} then {of()} else {of()} end",
            lambda: f"case when {of('bool')} then {of()} when {of('bool')} then {of()} end",
            lambda: f"coalesce({of()}, {of()})",
            lambda: f"nullif({of()}, {of()})",
            lambda: f"{self.pick('greatest', 'least')}({of()}, {of()})" if kind != "bool" else of(),
        ]
        return self.chance.choice(general + getattr(self, f"of_{kind}")(of) * 2)()

    def of_int(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-', '*')} {of()})",
            lambda: f"({of()} {self.pick('/', '%')} nullif({of()}, 0))",
            lambda: f"{self.pick('abs', 'sign', '-')}({of()})::int",
            lambda: f"{self.pick('length', 'char_length', 'octet_length')}({of('txt')})",
            lambda: f"extract({self.pick('year', 'month', 'day', 'dow', 'doy', 'week', 'quarter', 'isodow')} from {of('date')})::int",
            lambda: f"date_part('{self.pick('hour', 'minute', 'month')}', {of('ts')})::int",
            lambda: f"({of('date')} - {of('date')})",
            lambda: f"{of('num')}::int",
            lambda: f"({of('bool')})::int",
            lambda: f"position({of('txt')} in {of('txt')})",
            lambda: f"({of()} {self.pick('&', '|', '#')} {of()})",
            lambda: f"mod({of()}, nullif({of()}, 0))",
            lambda: f"ascii({of('txt')})",
            lambda: f"width_bucket({of('num')}, 0, 10, 4)",
        ]

    def of_big(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-', '*')} {of('int')})",
            lambda: f"{of('int')}::bigint",
            lambda: f"({of()} {self.pick('/', '%')} nullif({of()}, 0))",
            lambda: f"{of('num')}::bigint",
        ]

    def of_num(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-')} {of()})",
            lambda: f"({of()} * {self.pick('2', '0.5', '1.1')})",
            lambda: f"({of()} / nullif({of()}, 0))",
            lambda: f"round({of()}, {self.pick(0, 1, 3)})",
            lambda: f"{self.pick('round', 'trunc', 'ceil', 'floor', 'abs', 'sign')}({of()})",
            lambda: f"trunc({of()}, 1)",
            lambda: f"{of('int')}::numeric(12,2)",
            lambda: f"mod({of()}, nullif({of()}, 0))",
            lambda: f"({of('int')} * 1.5)",
            lambda: f"({of('big')} / 4.0)",
        ]

    def of_dbl(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-', '*')} {of()})",
            lambda: f"({of()} / nullif({of()}, 0))",
            lambda: f"sqrt(abs({of()}))",
            lambda: f"{of('num')}::double precision",
            lambda: f"{of('int')}::double precision",
            lambda: f"{self.pick('round', 'trunc', 'ceil', 'floor', 'abs')}({of()})",
            lambda: f"power({of()}, 2)",
            lambda: f"ln(abs({of()}) + 1)",
            lambda: f"extract(epoch from {of('ts')})::double precision",
        ]

    def of_txt(self, of):
        return [
            lambda: f"({of()} || {of()})",
            lambda: f"{self.pick('upper', 'lower', 'trim', 'reverse', 'initcap', 'ltrim', 'rtrim', 'md5', 'btrim')}({of()})",
            lambda: f"substring({of()} from {self.pick(1, 2)} for {self.pick(1, 3)})",
            lambda: f"substr({of()}, {self.pick(1, 2, 4)})",
            lambda: f"{self.pick('left', 'right')}({of()}, {self.pick(1, 2, -1)})",
            lambda: f"replace({of()}, 'a', {of()})",
            lambda: f"{self.pick('lpad', 'rpad')}({of()}, {self.pick(2, 6)}, '*')",
            lambda: f"repeat({of()}, 2)",
            lambda: f"split_part({of()}, ' ', {self.pick(1, 2)})",
            lambda: f"translate({of()}, 'ab', 'xy')",
            lambda: f"concat({of()}, {of('int')}, {of()})",
            lambda: f"concat_ws('-', {of()}, {of()})",
            lambda: f"({of('int')})::text",
            lambda: f"({of('date')})::text",
            lambda: f"({of('bool')})::text",
            lambda: f"({of('num')})::numeric(12,2)::text",
            lambda: f"({of('ts')})::text",
            lambda: f"to_char({of('date')}, '{self.pick('YYYY-MM', 'DD Mon YYYY', 'Day', 'IYYY-IW', 'Q')}')",
            lambda: f"to_char({of('ts')}, '{self.pick('HH24:MI', 'YYYY-MM-DD HH12:MI:SS AM')}')",
            lambda: f"regexp_replace({of()}, '{self.pick('[a-c]+', ' ', 'z$')}', '<', '{self.pick('g', '')}')",
            lambda: f"overlay({of()} placing 'Q' from 1 for 1)",
        ]

    def of_bool(self, of):
        kind = self.pick("int", "int", "num", "txt", "date", "ts", "dbl", "big")
        return [
            lambda: f"({of(kind)} {self.pick('=', '<>', '<', '>', '<=', '>=')} {of(kind)})",
            lambda: f"({of(kind)} is {self.pick('', 'not ')}null)",
            lambda: f"({of(kind)} is {self.pick('', 'not ')}distinct from {of(kind)})",
            lambda: f"({of(kind)} {self.pick('', 'not ')}between {of(kind)} and {of(kind)})",
            lambda: f"({of(kind)} {self.pick('', 'not ')}in ({of(kind)}, {of(kind)}, {of(kind)}))",
            lambda: f"({of('txt')} {self.pick('like', 'not like', 'ilike')} '{self.pick('a%', '%b%', '_', '%', 'Z%', 'x!_%')}')",
            lambda: f"({of('txt')} {self.pick('~', '!~', '~*')} '{self.pick('^a', '[bc]', 'z.ta', '[0-9]+$')}')",
            lambda: f"({of()} {self.pick('and', 'or')} {of()})",
            lambda: f"(not {of()})",
            lambda: f"({of()} is {self.pick('true', 'not true', 'false', 'unknown')})",
            lambda: f"starts_with({of('txt')}, {of('txt')})",
        ]

    def of_date(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-')} {self.pick(1, 30)})",
            lambda: f"({of()} + interval '{self.pick('1 month', '1 year', '-2 months', '10 days')}')::date",
            lambda: f"date_trunc('{self.pick('month', 'week', 'quarter', 'year')}', {of()})::date",
            lambda: f"{of('ts')}::date",
            lambda: "to_date('2024-03-05', 'YYYY-MM-DD')",
            lambda: f"make_date(2024, {self.pick(1, 6)}, {self.pick(1, 30)})",
        ]

    def of_ts(self, of):
        return [
            lambda: f"({of()} {self.pick('+', '-')} interval '{self.pick('90 minutes', '1 day', '1 month 3 hours')}')",
            lambda: f"date_trunc('{self.pick('hour', 'day', 'month', 'minute')}', {of()})",
            lambda: f"{of('date')}::timestamp",
            lambda: f"({of('date')} + interval '5 hours')",
        ]

    def any_expression(self, scope, depth=2):
        kind = self.pick("int", "int", "num", "txt", "txt", "bool", "date", "ts", "dbl", "big")
        return self.expression(kind, scope, depth)

    # Sources.

    def table(self):
        name = self.pick("orders", "orders", "customers")
        alias = self.alias()
        return f"{{{{ ref('{name}') }}}} as {alias}", [(alias, column, kind) for column, kind in TABLES[name]]

    def derived(self):
        source, scope = self.table()
        alias = self.alias()
        kinds = ["int", self.pick("int", "num", "txt"), self.pick("txt", "date", "bool", "dbl")]
        shown = ", ".join(f"{self.expression(kind, scope, 1)} as d{at}" for at, kind in enumerate(kinds))
        where = f" where {self.expression('bool', scope, 1)}" if self.chance.random() < 0.5 else ""
        return f"(select {shown} from {source}{where}) as {alias}", [(alias, f"d{at}", kind) for at, kind in enumerate(kinds)]

    def source(self):
        text, scope = self.table()
        for _ in range(self.pick(0, 0, 1, 1, 2)):
            joined, more = self.table() if self.chance.random() < 0.7 else self.derived()
            how = self.pick("join", "left join", "left join", "full join", "right join", "cross join")
            if how == "cross join":
                text += f" cross join {joined}"
            else:
                # The keys of most joins are columns; full joins need such.
                on = f"{self.column('int', scope)} = {self.column('int', more)}"
                if self.chance.random() < 0.3 and how != "full join":
                    on += f" and {self.expression('bool', scope + more, 1)}"
                text += f" {how} {joined} on {on}"
            scope = scope + more
        return text, scope

    def condition(self, scope):
        """A condition of a row, with subqueries now and then."""
        plain = lambda: self.expression("bool", scope)
        if self.chance.random() < 0.6:
            return plain()
        inner, more = self.table()
        correlated = f"{self.column('int', more)} = {self.column('int', scope)}"
        return self.chance.choice([
            lambda: f"{self.pick('', 'not ')}exists (select 1 from {inner} where {correlated} and {self.expression('bool', more, 1)})",
            lambda: f"{self.expression('int', scope, 1)} {self.pick('', 'not ')}in (select {self.expression('int', more, 1)} from {inner} where {self.column('int', more)} is not null)",
            lambda: f"{self.column('int', scope)} {self.pick('<', '>=', '=')} (select {self.pick('max', 'min', 'count', 'sum')}({self.column('int', more)}) from {inner} where {correlated})",
            lambda: f"{self.column('int', scope)} {self.pick('<', '=')} {self.pick('any', 'all')} (select {self.column('int', more)} from {inner})",
            lambda: f"{self.expression('int', scope, 1)} {self.pick('', 'not ')}in (select {self.column('int', more)} from {inner} where {correlated})",
            lambda: f"{self.condition(scope)} {self.pick('and', 'or')} {self.pick('', 'not ')}({self.condition(scope)})",
        ])()

    def where(self, scope):
        return f" where {self.condition(scope)}" if self.chance.random() < 0.7 else ""

    def aggregate(self, scope):
        distinct = "distinct " if self.chance.random() < 0.3 else ""
        number = self.pick("int", "num", "big", "dbl")
        of = lambda kind: self.expression(kind, scope, 1)
        text = self.chance.choice([
            lambda: self.pick("count(*)", "count(*)", "count(1)"),
            lambda: "string_agg({0}, ',' order by {0}{1})".format(of("txt"), self.pick("", " desc")),
            lambda: f"{self.pick('percentile_cont', 'percentile_disc')}({self.pick(0.5, 0.25)}) within group (order by {of('dbl')})",
            lambda: f"count({distinct}{of(self.pick('int', 'txt', 'num', 'date'))})",
            lambda: f"count({distinct}{of(self.pick('int', 'txt', 'num', 'date'))})",
            lambda: f"sum({distinct}{of(self.pick('int', 'num', 'big'))})",
            lambda: f"avg({distinct}{of(self.pick('int', 'num'))})",
            lambda: f"{self.pick('sum', 'avg', 'min', 'max')}({of(number)})",
            lambda: f"{self.pick('min', 'max')}({distinct}{of(self.pick('int', 'txt', 'date', 'ts', 'num'))})",
            lambda: f"{self.pick('bool_and', 'bool_or')}({of('bool')})",
            lambda: f"{self.pick('stddev', 'variance', 'var_pop', 'stddev_pop')}({of('dbl')})",
        ])()
        return text + (f" filter (where {self.expression('bool', scope, 1)})" if self.chance.random() < 0.2 else "")

    # Statements.

    def plain(self):
        text, scope = self.source()
        shown = [self.any_expression(scope) for _ in range(self.pick(2, 3, 4))]
        if self.chance.random() < 0.3:
            inner, more = self.table()
            shown.append(
                f"(select {self.aggregate(more)} from {inner} where {self.column('int', more)} = {self.column('int', scope)})"
            )
        if self.chance.random() < 0.15:
            shown.append(f"({self.condition(scope)})")
        if self.chance.random() < 0.15:
            inner, more = self.table()
            shown.append(f"(select {self.aggregate(more)} from {inner}{self.where(more)})")
        distinct = self.pick("", "", "", "distinct ")
        return self.select(shown, text + self.where(scope), distinct)

    def grouped(self):
        text, scope = self.source()
        keys = list(dict.fromkeys(self.any_expression(scope, 1) for _ in range(self.pick(0, 1, 1, 2))))
        shown = keys + [self.aggregate(scope) for _ in range(self.pick(1, 2, 3, 4))]
        tail = text + self.where(scope)
        if keys:
            numbers = ", ".join(str(at + 1) for at in range(len(keys)))
            how = self.pick("{}", "{}", "{}", "rollup ({})", "cube ({})")
            # Numbers are only taken for columns outside of these, and a key in parentheses for several.
            is_plain = how == "{}" or any(key.startswith("(") for key in keys)
            tail += " group by " + (numbers if is_plain else how.format(", ".join(keys)))
            if self.chance.random() < 0.3:
                tail += f" having {self.aggregate(scope)} is not null and count(*) > {self.pick(0, 1, 2)}"
        return self.select(shown, tail)

    def windowed(self):
        source, scope = self.table()
        alias = scope[0][0]
        of = lambda kind: self.expression(kind, scope, 1)
        over = lambda frame="": (
            f"over ({'partition by ' + self.any_expression(scope, 1) + ' ' if self.chance.random() < 0.7 else ''}"
            f"order by {self.pick('', of(self.pick('int', 'date', 'num')) + self.pick(' desc nulls last, ', ' nulls first, ', ', '))}{alias}.id{frame})"
        )
        frame = self.pick(
            "", " rows between 1 preceding and current row", " rows between unbounded preceding and unbounded following",
            " rows between current row and 2 following", " rows between 3 preceding and 1 preceding",
        )
        made = [
            lambda: f"{self.pick('row_number', 'rank', 'dense_rank', 'percent_rank', 'cume_dist')}() {over()}",
            lambda: f"ntile({self.pick(2, 3)}) {over()}",
            lambda: f"{self.pick('lag', 'lead')}({of(self.pick('int', 'txt', 'date'))}{self.pick('', ', 2')}) {over()}",
            lambda: f"{self.pick('first_value', 'last_value')}({of(self.pick('int', 'txt'))}) {over(frame)}",
            lambda: f"{self.pick('sum', 'min', 'max', 'avg', 'count')}({of(self.pick('int', 'num'))}) {over(frame)}",
            lambda: f"count(*) {over(frame)}",
            lambda: f"sum({of('int')}) over (partition by {self.any_expression(scope, 1)})",
        ]
        shown = [f"{alias}.id"] + [self.chance.choice(made)() for _ in range(self.pick(1, 2, 3))]
        return self.select(shown, source + self.where(scope))

    def combined(self):
        kinds = [self.pick("int", "num", "txt", "date", "bool") for _ in range(self.pick(1, 2))]
        parts = []
        for _ in range(self.pick(2, 2, 3)):
            text, scope = self.source()
            parts.append(self.select([self.expression(kind, scope) for kind in kinds], text + self.where(scope)))
        how = self.pick("union", "union all", "intersect", "except", "except all", "intersect all")
        return f"\n{how}\n".join(parts)

    def chained(self):
        text, scope = self.source()
        kinds = ["int", self.pick("num", "int"), "txt", self.pick("date", "bool")]
        first = self.select([self.expression(kind, scope) for kind in kinds], text + self.where(scope))
        known = [("c", f"c{at}", kind) for at, kind in enumerate(kinds)]
        keys = [self.pick("c.c0", "c.c2", "c.c3")]
        second = self.select(keys + [self.aggregate(known) for _ in range(2)], f"first as c{self.where(known)} group by 1")
        return f"with first as (\n{first}\n)\n{second}"

    def lateral(self):
        source, scope = self.table()
        inner, more = self.table()
        kind = self.pick("int", "txt", "num")
        limit = f" order by {more[0][0]}.id limit {self.pick(1, 2)}" if self.chance.random() < 0.5 else ""
        told = self.expression(kind, scope + more, 1)
        text = (
            f"{source} {self.pick('cross join', 'join', 'left join')} lateral (select {told} as l0 from {inner} "
            f"where {self.column('int', more)} = {self.column('int', scope)}{limit}) as l"
        )
        if "cross join" not in text:
            text += " on true"
        return self.select([f"{scope[0][0]}.id", "l.l0", self.any_expression(scope + [("l", "l0", kind)])], text)

    def firsts(self):
        source, scope = self.table()
        key = self.any_expression(scope, 1)
        alias = scope[0][0]
        shown = ", ".join(f"{text} as c{at}" for at, text in enumerate([key, f"{alias}.id", self.any_expression(scope)]))
        if self.chance.random() < 0.5:
            return f"select distinct on ({key}) {shown} from {source}{self.where(scope)} order by {key}, {alias}.id"
        return f"select {shown} from {source}{self.where(scope)} order by {alias}.id desc limit {self.pick(1, 5)} offset {self.pick(0, 2)}"

    def select(self, shown, rest, distinct=""):
        columns = ", ".join(f"{text} as c{at}" for at, text in enumerate(shown))
        return f"select {distinct}{columns}\nfrom {rest}"

    def statement(self):
        kinds = [self.plain] * 3 + [self.grouped] * 3 + [self.windowed] * 2
        return self.chance.choice(kinds + [self.combined, self.chained, self.lateral, self.firsts])()


def build(aquifer, folder, target):
    command = [aquifer, "run", "--profiles-dir", ".", "--target", target, "--target-path", f"target_{target}", "--quiet"]
    subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    results = json.loads((folder / f"target_{target}" / "run_results.json").read_text())["results"]
    return {result["unique_id"].split(".")[2]: result for result in results}


def rows_of_postgres(connection, schema, name):
    with connection.cursor() as cursor:
        cursor.execute(f'select * from "{schema}"."{name}"')
        return cursor.fetchall()


def rows_of_lakehouse(folder, name):
    from deltalake import DeltaTable

    table = DeltaTable(str(folder / "lake" / "main" / name)).to_pyarrow_table()
    return list(zip(*(column.to_pylist() for column in table.columns))) if table.num_columns else []


def comparable(found):
    """A value such that equal ones are equal on both: numbers to ten digits."""
    if isinstance(found, bool) or found is None or isinstance(found, str):
        return found
    if isinstance(found, (int, float, decimal.Decimal)):
        number = float(found)
        return number if not math.isfinite(number) else float(f"{number:.10g}") + 0.0
    if isinstance(found, datetime.datetime):
        return found.replace(tzinfo=None).isoformat()
    if isinstance(found, datetime.date):
        return found.isoformat()
    return repr(found)


def in_order(rows):
    return sorted((tuple(comparable(found) for found in row) for row in rows), key=repr)


def is_near(left, right):
    """Whether two rows are equal but for the last digits of numbers."""
    def near(one, other):
        if isinstance(one, float) and isinstance(other, float):
            return one == other or math.isclose(one, other, rel_tol=1e-8, abs_tol=1e-9) or (one != one and other != other)
        return one == other and type(one) is type(other)
    return len(left) == len(right) and all(map(near, left, right))


def difference(there, here):
    there, here = in_order(there), in_order(here)
    if len(there) == len(here) and all(map(is_near, there, here)):
        return None
    count = collections.Counter(there)
    more = count.copy()
    more.subtract(collections.Counter(here))
    lacks = [row for row, times in more.items() if times > 0]
    extra = [row for row, times in more.items() if times < 0]
    if len(there) == len(here) and all(any(is_near(row, other) for other in extra) for row in lacks):
        return None
    return f"{len(there)} rows on PostgreSQL, {len(here)} on the lakehouse\n  only there: {lacks[:3]}\n  only here:  {extra[:3]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("aquifer")
    parser.add_argument("postgres")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="write the project here, and leave it")
    parser.add_argument("--all", action="store_true", help="tell also of what PostgreSQL alone refuses")
    options = parser.parse_args()
    import psycopg2

    aquifer = str(pathlib.Path(options.aquifer).resolve())
    folder = pathlib.Path(options.keep or tempfile.mkdtemp(prefix="random_statements_"))
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "models").mkdir(parents=True)
    (folder / "project.yml").write_text(PROJECT)
    url = urllib.parse.urlparse(options.postgres)
    schema = f"random_statements_{options.seed}"
    (folder / "profiles.yml").write_text(json.dumps({"random_statements": {"target": "there", "outputs": {
        "there": {"type": "postgres", "host": url.hostname, "port": url.port, "user": url.username, "threads": 4,
                  "password": url.password, "dbname": url.path.strip("/"), "schema": schema},
        "here": {"type": "lakehouse", "path": "lake", "schema": "main", "threads": 4},
    }}}))
    chance = random.Random(options.seed)
    (folder / "models" / "orders.sql").write_text(table_model("orders", ORDERS, 60, chance))
    (folder / "models" / "customers.sql").write_text(table_model("customers", CUSTOMERS, 12, chance))
    statements = {}
    for number in range(options.count):
        maker = Maker(random.Random(f"{options.seed}/{number}"))
        name = f"s_{number:05}"
        statements[name] = maker.statement()
        (folder / "models" / f"{name}.sql").write_text(statements[name] + "\n")
    connection = psycopg2.connect(options.postgres)
    connection.autocommit = True
    connection.cursor().execute(f'drop schema if exists "{schema}" cascade')
    there, here = build(aquifer, folder, "there"), build(aquifer, folder, "here")
    tally, told = collections.Counter(), 0
    for name, statement in statements.items():
        ways = (there[name]["status"], here[name]["status"])
        found = None
        if ways == ("success", "success"):
            found = difference(rows_of_postgres(connection, schema, name), rows_of_lakehouse(folder, name))
            tally["equal" if found is None else "different"] += 1
        elif ways[0] == "success":
            tally["refused by the lakehouse"] += 1
            found = here[name]["message"]
        elif ways[1] == "success":
            tally["refused by PostgreSQL"] += 1
            found = there[name]["message"] if options.all else None
        else:
            tally["refused by both"] += 1
        if found is not None:
            told += 1
            print(f"-- {name}\n{statement}\n-- {found}\n")
    print(", ".join(f"{count} {what}" for what, count in tally.most_common()))
    connection.cursor().execute(f'drop schema if exists "{schema}" cascade')
    connection.close()
    if not options.keep:
        shutil.rmtree(folder)
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
