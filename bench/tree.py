"""The network's part of the bench: the same pages in a city of 630 units and in the same city of 44,643.

The first 630 are those of the demonstration's workbook; the others, the divisions of the whole country, hang below one
more unit of the root, so that every page that is asked for shows the same at both sizes.
"""

from __future__ import annotations

import csv
import gzip
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import portal.commands
import portal.network
from bench.browser import Ask, Result, one_by_one, sign_in
from bench.network import PASSWORD, SLUG
from bench.place import Ground
from bench.statements import Counted
from portal.identity import passwords
from portal.network.importing import sound_of

SMALL, LARGE = 630, 44_643
ROUNDS, TIMES, SECONDS = 4, 25, 1.0
MOST_GROWTH, MOST_STATEMENTS = 1.5, 8
READER = "bench.mishu"
TYPED = ("镇", "卫生", "yj", "330324", "nothing-of-the-kind")
DEMONSTRATION = Path(portal.commands.__file__).with_name("demonstration")
DIVISIONS = Path(portal.network.__file__).with_name("data") / "divisions.csv.gz"


@dataclass
class Measured:
    """One size: results and statements by page."""

    size: int
    results: dict[str, Result] = field(default_factory=dict)
    statements: dict[str, int] = field(default_factory=dict)


class TreeBench:
    """One run, in a database of its own."""

    def __init__(self, ground: Ground, name: str) -> None:
        self.ground = ground
        self.environment, self.connection = ground.database(name)
        self.ids: dict[str, int] = {}
        self.cookies: dict[str, str] = {}
        self.measured = Measured(0)
        self.paths: dict[int, list[int]] = {}
        row = self.connection.execute(
            "insert into city (slug, name, demonstration, created_at) values (%s, '示范市', false, now()) returning id", [SLUG]
        ).fetchone()
        assert row is not None
        self.connection.execute("select set_config('app.city', %s, false)", [str(row[0])])

    def _add(self, rows: list[tuple[str, str, str, str, str, str]]) -> None:
        """(code, name, short name, level, kind, parent's code), parents first."""
        with self.connection.cursor().copy(
            "copy unit (id, code, name, short_name, level, kind, parent_id, path, pinyin) from stdin"
        ) as copy:
            for code, name, short, level, kind, parent in rows:
                number = self.ids[code] = len(self.ids) + 1
                above = self.ids.get(parent)
                self.paths[number] = [*(self.paths[above] if above else ()), number]
                copy.write_row((number, code, name, short, level, kind, above, self.paths[number], sound_of(short, name)))
        self.connection.execute("analyze unit")
        self.connection.execute("analyze unit_word")

    def small(self) -> None:
        """The demonstration's units, and one secretary."""
        from portal.commands.city import sheet_from
        from portal.network import rules
        from portal.network.plan import UNITS

        sheet = sheet_from(DEMONSTRATION / "units.xlsx", UNITS)
        rows, there = [], {""}
        waiting = [{title: sheet.cell(row, title).text for title in rules.UNIT_COLUMNS} for row in sheet.rows]
        while waiting:
            fit = [row for row in waiting if row[rules.PARENT] in there]
            for row in fit:
                there.add(row[rules.CODE])
                rows.append(
                    (
                        row[rules.CODE],
                        row[rules.NAME],
                        row[rules.SHORT_NAME] or row[rules.NAME],
                        str(rules.LEVELS[rules.plain_label(row[rules.LEVEL])]),
                        str(rules.KINDS[rules.plain_label(row[rules.KIND])]),
                        row[rules.PARENT],
                    )
                )
            waiting = [row for row in waiting if row not in fit]
        self._add(rows)
        self.root = rows[0][0]
        stored = passwords.hashed(PASSWORD)
        self.connection.execute(
            "insert into person (id, sign_in_name, name, password_hash, must_change_password, active, created_at)"
            " overriding system value values (1, %s, '秘书', %s, false, true, now())",
            [READER, stored],
        )
        self.connection.execute(
            "insert into post (person_id, unit_id, for_unit_id, role, from_on) values (1, %s, %s, 'secretariat', '2024-01-01')",
            [self.ids[self.root], self.ids[self.root]],
        )

    def large(self) -> None:
        """The whole country below one more unit."""
        level = {"province": "city", "city": "city", "county": "county", "township": "township"}
        rows = [("C", "全国", "全国", "city", "department", self.root)]
        with gzip.open(DIVISIONS, "rt", encoding="utf-8", newline="") as file:
            divisions = list(csv.DictReader(file))
        rank = {name: number for number, name in enumerate(level)}
        divisions.sort(key=lambda one: rank[one["level"]])
        for one in divisions[: LARGE - SMALL - 1]:
            kind = "township" if one["level"] == "township" else "party_committee"
            rows.append((f"C{one['code']}", one["name"], one["name"], level[one["level"]], kind, f"C{one['parent']}"))
        self._add(rows)

    def asks(self, port: int) -> dict[str, Ask]:
        """The pages by name."""
        here = f"/{SLUG}/network"
        county, bureau = self.ids["330324"], self.ids["330324-28"]
        pages = {
            "first paint": here, "expansion": f"{here}/branches/{county}", "unit, a county": f"{here}/units/{county}",
            "unit, a bureau": f"{here}/units/{bureau}",
        }  # fmt: skip
        pages |= {f"type-ahead {word}": f"{here}/suggest?q={quote(word)}&organs=1" for word in TYPED}
        return {name: Ask(port, path, 200) for name, path in pages.items()}

    def begin(self) -> dict[str, Ask]:
        """Serve, sign in, and ask everything a few times."""
        web = self.ground.serve("wsgi:app", self.environment)
        self.cookies = sign_in(web.port, READER)
        asks = self.asks(web.port)
        self.measured = Measured(len(self.ids), {name: Result() for name in asks})
        for ask in asks.values():
            one_by_one(ask, self.cookies, Result(), 20, SECONDS)
        return asks

    def count(self, asks: dict[str, Ask]) -> None:
        """The statements of each page."""
        counted = Counted(self.environment)
        client = counted.browser(READER)
        self.measured.statements = {name: counted.count(client, ask) for name, ask in asks.items()}
        counted.close()


def run(ground: Ground) -> None:
    """Measures and prints; it fails for nothing. Small and large take turns, each in a database of its own, so that what
    else the machine does hits both."""
    begun = time.monotonic()
    small, large = TreeBench(ground, "bench_small_network"), TreeBench(ground, "bench_large_network")
    small.small()
    large.small()
    large.large()
    took = time.monotonic() - begun
    print(f"\nnetwork: {len(small.ids):,} and {len(large.ids):,} units (loaded in {took:.0f} s)", flush=True)
    asks = {small: small.begin(), large: large.begin()}
    for _round in range(ROUNDS):
        for name in asks[small]:
            for bench, pages in asks.items():
                one_by_one(pages[name], bench.cookies, bench.measured.results[name], TIMES, SECONDS)
    for bench, pages in asks.items():
        bench.count(pages)
        bench.connection.close()
    _print(small.measured, large.measured)


def _print(small: Measured, large: Measured) -> None:
    print(f"{'page':34} {'p50 ms':>8} {'p50 ms':>8} {'growth':>7} {'statements':>11}   target ≤ {MOST_GROWTH}, ≤ {MOST_STATEMENTS}")
    for name, result in large.results.items():
        before = small.results[name]
        growth = result.p50 / before.p50
        counts = small.statements[name], large.statements[name]
        met = growth <= MOST_GROWTH and max(counts) <= MOST_STATEMENTS and counts[0] == counts[1]
        strange = f" answered {result.strange}" if result.strange else ""
        print(
            f"{name:34} {before.p50:8.1f} {result.p50:8.1f} {growth:7.2f} {counts[0]:>5} {counts[1]:>5}   "
            f"{'met' if met and not strange else 'MISSED'}{strange}",
            flush=True,
        )
