"""Matters by the hundred thousand, by COPY: the rows that the portal's own services would have written.

Who sees a matter is asked of the portal's own rule, `readers_of`. Every reader but nobody has a full page from the
smallest size on, so that growth is the cost of many matters and not of longer pages: the first matters are the clerk's.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import psycopg

from bench.network import Network, Unit
from portal.access.roles import Role
from portal.deadlines import reckon
from portal.deadlines.reckon import Deadline
from portal.deadlines.rules import SourceLevel
from portal.documents.numbering import bracketed
from portal.instructions.kind import KIND
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.matters.around import Around
from portal.matters.models import ENDED, State
from portal.matters.readers import viewer_rows
from portal.matters.sameness import Paper, plain_print
from portal.matters.search import grams
from portal.papers.steps import Waiting
from portal.vault.encryption import seal

CLERKS = 60  # matters of the measured clerk: two full pages
ENTRIES = 20
WITH_ENTRIES = 20  # every twentieth matter has them
CHUNK = 10_000  # matters of one COPY
MESSAGES = 40  # of each measured reader
SUBJECTS = ("老旧小区加装电梯", "农村饮用水安全", "企业用工服务", "卫生院建设", "河道整治", "校车安全管理", "易涝点改造")
WAYS = ("的情况反映", "有关问题的报告", "工作的建议", "专题调研报告")
OPEN_STATES = (
    (State.REGISTERED, 8), (State.ASSIGNED, 10), (State.ACKNOWLEDGED, 10), (State.IN_PROGRESS, 50),
    (State.IN_SIGN_OFF, 10), (State.UNDER_REVIEW, 12),
)  # fmt: skip
COLUMNS = {
    "record": "id kind confidential unit_id series year sequence number request_key created_at created_by_id",
    "matter": "id confidential source_level urgency "
    "instructed_on received_on lead_unit_id lead_unit_name supervising_unit_id supervised_by_office state version round "
    "assigned_at assigned_by_id acknowledged_at issued_at closed_at original_due_on due_on "
    "extension_pending declined returns urges",
    "content": "id record_id confidential plain sealed leader_id handler_id handler_post_id reviewer_id parts fingerprint",
    "search_entry": "record_id part confidential grams",
    "clock": "record_id kind generation generation_at original_due_on due_on due_at stopped_at why",
    "viewer": "record_id principal kind view task state open stopped due_on begun_on rank unit_id flag until",
    "audience": "record_id person_id cause from_at",
    "milestone": "record_id kind at unit_id",
    "entry": "id record_id kind at version person_id role unit_name first_feedback confidential plain sealed",
    "message": "id key person_id record_id kind facts at read_at",
    "paper": "id record_id kind draft signed state generation saved drafter_id drafter_post_id changed_at confidential "
    "plain sealed",
    "sign_off": "id paper_id generation record_id drafter_id drafter_post_id last_step digest submitted_at",
    "step": "sign_off_id number record_id kind role unit_id reached_at vacant",
    "signer": "sign_off_id step person_id record_id post_id",
}


@dataclass
class PlainMatter:
    """What `readers_of` reads of a shell, and the rest of its row."""

    id: UUID
    registering_unit_id: int
    confidential: bool
    source_level: SourceLevel
    urgency: str
    state: State
    received_on: date
    due_on: date
    lead_unit_id: int | None
    supervising_unit_id: int
    registered_by_id: int
    assigned_by_id: int | None
    kind: str = INSTRUCTION
    supervised_by_office: bool = True
    extension_pending: bool = False
    returns: int = 0

    @property
    def open(self) -> bool:
        return self.state not in ENDED


@dataclass
class PlainContent:
    """What `readers_of` reads of a content."""

    leader_id: int | None
    handler_id: int | None
    reviewer_id: int | None


class Maker:
    """Makes matters one after the other; the same number always makes the same matter, on the same day."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.chance = random.Random(20260101)
        self.today = clock.today()
        self.sequences: dict[tuple[int, bool, int], int] = defaultdict(int)
        self.rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS}
        self.made = 0
        self.shown: UUID | None = None

    def add(self) -> None:
        """One more matter with everything around it."""
        number, self.made = self.made, self.made + 1
        clerks = number < CLERKS
        registering, lead = self._units(clerks)
        state, confidential = self._state(clerks), not clerks and self.chance.random() < 0.2
        handler = self._handler(lead, clerks)
        waiting_for_name = state == State.ASSIGNED and self.chance.random() < 0.5 and not confidential
        due_on = self._due_on(state)
        supervisor = self.network.holder(registering, Role.SUPERVISOR, self.chance)[0]
        matter = PlainMatter(
            self._uuid(),
            registering.id,
            confidential,
            SourceLevel.CITY if registering is self.network.city else SourceLevel.COUNTY,
            "urgent" if self.chance.random() < 0.1 else "normal",
            state,
            due_on - timedelta(days=30),
            due_on,
            None if state == State.REGISTERED else lead.id,
            registering.id,
            supervisor,
            None if state == State.REGISTERED else supervisor,
            returns=1 if state == State.IN_PROGRESS and self.chance.random() < 0.05 else 0,
        )
        leader = self.network.holder(registering, Role.DEPUTY_LEADER, self.chance)[0] if self.chance.random() < 0.3 else None
        handled = state != State.REGISTERED and not waiting_for_name
        content = PlainContent(
            leader,
            handler[0] if handled else None,
            supervisor if confidential and state in (State.UNDER_REVIEW, *ENDED) else None,
        )
        self._write(matter, content, handler[1] if handled else None, registering, lead)
        if number == 0:
            self.shown = matter.id

    def _uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128), version=4)

    def _units(self, clerks: bool) -> tuple[Unit, Unit]:
        network = self.network
        if clerks:
            return network.city, network.clerks_unit
        if self.chance.random() < 0.4:
            county = self.chance.choice(network.counties)
            return county, self.chance.choice(network.below[county.id])
        kind = self.chance.random()
        if kind < 0.55:
            return network.city, self.chance.choice(network.departments)
        county = self.chance.choice(network.counties)
        return network.city, county if kind < 0.8 else self.chance.choice(network.below[county.id])

    def _state(self, clerks: bool) -> State:
        if clerks:
            return State.IN_PROGRESS
        if self.chance.random() < 0.5:
            return State.WITHDRAWN if self.chance.random() < 0.04 else State.CLOSED
        return self.chance.choices([s for s, _ in OPEN_STATES], [w for _, w in OPEN_STATES])[0]

    def _handler(self, lead: Unit, clerks: bool) -> tuple[int, int]:
        if clerks:
            return self.network.seats[lead.id, Role.HANDLER][0]
        return self.network.holder(lead, Role.HANDLER, self.chance)

    def _due_on(self, state: State) -> date:
        if state in ENDED:
            return self.today - timedelta(days=self.chance.randrange(1, 900))
        kind = self.chance.random()
        if kind < 0.05:
            return self.today
        if kind < 0.25:
            return self.today - timedelta(days=self.chance.randrange(1, 60))
        return self.today + timedelta(days=self.chance.randrange(1, 7) if kind < 0.4 else self.chance.randrange(8, 90))

    # ------------------------------------------------------------------------------------------------------------- rows

    def _write(self, matter: PlainMatter, content: PlainContent, handler_post: int | None, registering: Unit, lead: Unit) -> None:
        rows, state, key = self.rows, matter.state, matter.id
        year = min(matter.received_on.year, self.today.year)
        sequence = self.sequences[registering.id, matter.confidential, year] = (
            self.sequences[registering.id, matter.confidential, year] + 1
        )
        mark = registering.mark.removesuffix("委") + ("督内" if matter.confidential else "督")
        number = bracketed(mark, year, sequence)
        begun = _at(matter.received_on)
        assigned = None if state == State.REGISTERED else begun + timedelta(hours=3)
        taken = None if state in (State.REGISTERED, State.ASSIGNED) else begun + timedelta(hours=20)
        issued = _at(matter.due_on - timedelta(days=2)) if state in (State.UNDER_REVIEW, State.CLOSED) else None
        closed = _at(matter.due_on) if state in ENDED else None
        lead_name = lead.name if matter.lead_unit_id else None
        rows["record"].append((
            key, INSTRUCTION, matter.confidential, registering.id, KIND.series(matter.confidential), year, sequence, number,
            key, begun, matter.registered_by_id,
        ))  # fmt: skip
        rows["matter"].append((
            key, matter.confidential, str(matter.source_level), matter.urgency,
            matter.received_on - timedelta(days=1), matter.received_on, matter.lead_unit_id, lead_name, registering.id,
            True, str(state), 1, 1, assigned, matter.assigned_by_id, taken, issued, closed,
            matter.due_on, matter.due_on, False, False, matter.returns, 0,
        ))  # fmt: skip
        title = f"关于{self.chance.choice(SUBJECTS)}{self.chance.choice(WAYS)}"
        leader = "张副书记"
        words = {
            "title": title,
            "text": "请认真研究，拿出切实可行的办法，限期报结。",
            "leader": leader,
            "document_number": None,
            "requirement": "按期报结",
        }
        content_id = self._uuid()
        signing = state == State.IN_SIGN_OFF
        rows["content"].append((
            content_id, key, matter.confidential, *self._kept(words, "matter_content", content_id, matter.confidential),
            content.leader_id, content.handler_id, handler_post, content.reviewer_id,
            ["report"] if signing else [], plain_print(Paper.of(title, leader, None)) if not matter.confidential else None,
        ))  # fmt: skip
        rows["search_entry"].append((key, "shell", matter.confidential, grams(number, lead_name)))
        if not matter.confidential:
            rows["search_entry"].append((key, "words", False, grams(title, leader)))
        end = _deadline(matter.due_on)
        rows["clock"].append((key, "closing", 1, begun, matter.due_on, matter.due_on, end.due_at, issued or closed, _why(end)))
        rows["milestone"].append((key, "register", begun, registering.id))
        if assigned:
            rows["milestone"].append((key, "assign", assigned, lead.id))
        waiting = self._sign_off(matter, content, handler_post, lead, title) if signing else None
        audience = frozenset(self._audience(matter, content, waiting)) if matter.confidential else frozenset()
        rows["audience"].extend((key, person, "handler", begun) for person in audience)
        around = Around(lead_path=lead.path if matter.lead_unit_id else (), waiting=waiting, audience=audience)
        for row in viewer_rows(matter, content, around):  # type: ignore[arg-type]
            rows["viewer"].append(tuple(row[name] for name in COLUMNS["viewer"].split()))
        if (self.made - 1) % WITH_ENTRIES == 0 and matter.assigned_by_id:
            self._entries(matter, content, lead, begun)
        if content.handler_id:
            facts = {"number": number} if matter.confidential else {"number": number, "title": title}
            rows["message"].append(
                (
                    self._uuid(),
                    f"bench:{key}",
                    content.handler_id,
                    key,
                    "handler_named",
                    json.dumps(facts),
                    assigned,
                    None if matter.open else closed,
                )
            )

    def _kept(self, words: dict[str, Any], table: str, row: UUID, confidential: bool) -> tuple[str | None, bytes | None]:
        said = json.dumps(words, ensure_ascii=False)
        return (None, seal(said.encode(), f"{table}:{row}")) if confidential else (said, None)

    def _audience(self, matter: PlainMatter, content: PlainContent, waiting: Waiting | None) -> set[int]:
        persons = {content.leader_id, content.handler_id, content.reviewer_id, *(waiting.persons if waiting else ())}
        if matter.state == State.REGISTERED:
            persons.add(matter.registered_by_id)
        return {person for person in persons if person}

    def _sign_off(self, matter: PlainMatter, content: PlainContent, handler_post: int | None, lead: Unit, title: str) -> Waiting:
        report, sign_off, at = (
            self._uuid(),
            self._uuid(),
            _at(min(matter.due_on - timedelta(days=3), self.today - timedelta(days=1))),
        )
        words = {
            "title": f"{title}办理情况的报告",
            "addressee": "市委督查室",
            "body": "一、基本情况\n已完成整改。",
            "copies": None,
            "answers": None,
            "issuing_name": lead.name,
        }
        rows, drafter = self.rows, content.handler_id
        rows["paper"].append(
            (
                report,
                matter.id,
                "closing_report",
                1,
                True,
                "submitted",
                1,
                1,
                drafter,
                handler_post,
                at,
                matter.confidential,
                *self._kept(words, "report", report, matter.confidential),
            )
        )
        rows["sign_off"].append((sign_off, report, 1, matter.id, drafter, handler_post, 2, "0" * 64, at))
        rows["step"].append((sign_off, 1, matter.id, "check", Role.OFFICE_DIRECTOR.value, lead.id, at, False))
        rows["step"].append((sign_off, 2, matter.id, "issue", Role.DEPUTY_LEADER.value, lead.id, None, False))
        person, post = self.network.seats[lead.id, Role.OFFICE_DIRECTOR][0]
        rows["signer"].append((sign_off, 1, person, matter.id, post))
        return Waiting(lead.id, Role.OFFICE_DIRECTOR, None, (person,))

    def _entries(self, matter: PlainMatter, content: PlainContent, lead: Unit, begun: datetime) -> None:
        for turn in range(ENTRIES):
            entry, kind = self._uuid(), ("register", "assign", "acknowledge")[turn] if turn < 3 else "progress"
            by = content.handler_id if turn > 1 and content.handler_id else matter.registered_by_id
            words = {"words": f"已召开第{turn}次专题会议，研究具体措施。" if turn > 2 else None, "facts": None}
            self.rows["entry"].append((
                entry, matter.id, kind, begun + timedelta(hours=turn), 1, by,
                (Role.HANDLER if turn > 1 else Role.SUPERVISOR).value, lead.name, turn == 3, matter.confidential,
                *self._kept(words, "entry", entry, matter.confidential),
            ))  # fmt: skip

    def messages_of_readers(self) -> None:
        """What the measured readers have in their boxes, half of it read."""
        now = clock.now()
        for person, _name in self.network.readers.values():
            for turn in range(MESSAGES):
                at = now - timedelta(hours=turn)
                self.rows["message"].append(
                    (self._uuid(), f"bench:{person}:{turn}", person, None, "urged", "{}", at, None if turn % 2 else at)
                )


def load(connection: psycopg.Connection, maker: Maker, size: int) -> None:
    """Brings the city to `size` matters. `connection` passes row-level security, `app.city` is set on it."""
    # Checks of foreign keys row by row would take most of the time; the rows are consistent by construction.
    connection.execute("set session_replication_role = replica")
    if not maker.made:
        maker.messages_of_readers()
    # What was registered through the pages since the last load has taken numbers.
    for unit, series, year, last in connection.execute("select unit_id, series, year, last from counter").fetchall():
        key = (unit, series.endswith(":confidential"), year)
        maker.sequences[key] = max(maker.sequences[key], last)
    while maker.made < size:
        for _turn in range(min(CHUNK, size - maker.made)):
            maker.add()
        for table, rows in maker.rows.items():
            columns = COLUMNS[table].replace(" ", ", ")
            with connection.cursor().copy(f"copy {table} ({columns}) from stdin") as copy:
                for row in rows:
                    copy.write_row(row)
            rows.clear()
    for (unit, confidential, year), last in maker.sequences.items():
        series = "instruction:confidential" if confidential else "instruction"
        connection.execute(
            "insert into counter (city_id, unit_id, series, year, last)"
            " values (current_setting('app.city')::integer, %s, %s, %s, %s)"
            " on conflict (city_id, unit_id, series, year) do update set last = greatest(counter.last, excluded.last)",
            [unit, series, year, last],
        )
    connection.execute("reset session_replication_role")
    connection.execute("vacuum analyze")
    connection.execute("checkpoint")


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


@cache
def _deadline(due_on: date) -> Deadline:
    return reckon.given(due_on, "督查室", due_on)


@cache
def _json_of(due_on: date) -> str:
    return json.dumps(_deadline(due_on).why.to_json(), ensure_ascii=False)


def _why(end: Deadline) -> str:
    return _json_of(end.due_on)
