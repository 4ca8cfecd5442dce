"""What the tests of the contract look at: who sees a matter, what stands about it in the database, what pages say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.access.actor import SYSTEM, Actor
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.audit.models import JournalEntry
from portal.kernel.db import db
from portal.kernel.refusals import Invisible
from portal.matters.kinds import kind_of
from portal.matters.models import Content, Entry, Matter
from portal.matters.queries import get_matter
from portal.matters.rebuild import rebuild_viewers
from portal.notify.models import Message
from portal.registry.navigation import PLACES, Purpose
from tests.contract.samples import Sample, Step
from tests.world import PEOPLE, World


def along(world: World, sample: Sample, confidential: bool = False) -> Iterator[tuple[UUID, Step | None]]:
    """One life: the matter as it is registered, with None, and after each step, with that step."""
    matter_id = sample.register(world, confidential)
    yield matter_id, None
    for one in sample.steps(confidential):
        one.do(world, matter_id)
        assert world.matter(matter_id).state == one.after, one.name
        yield matter_id, one


def one_at_each_step(world: World, sample: Sample) -> list[UUID]:
    """Open matters, the first just registered, each further one a step farther in its life than the one before."""
    made = []
    for count, last in enumerate((None, *sample.life)):
        if last is not None and last.after.value in ("closed", "withdrawn"):
            break
        made.append(sample.register(world, False))
        for one in sample.life[:count]:
            one.do(world, made[-1])
    return made


def everybody(world: World) -> dict[str, Actor]:
    """All as they act now, by name."""
    with world.work():
        return {name: world.actor(name) for name in PEOPLE}


def seen_as(actor: Actor, matter_id: UUID) -> Matter | None:
    """The matter as this reader sees it; None where there is nothing for them."""
    try:
        return get_matter(actor, matter_id)
    except Invisible:
        return None


def sight(world: World, people: dict[str, Actor], matter_id: UUID) -> dict[str, bool]:
    """Who of these sees the matter, and whether its content."""
    asked = select(Matter.id, Content.record_id).outerjoin(Content, Content.record_id == Matter.id).where(Matter.id == matter_id)
    with world.work():
        rows = {name: db.session.execute(asked.options(as_seen_by(actor))).first() for name, actor in people.items()}
    return {name: row.record_id is not None for name, row in rows.items() if row is not None}


def waits_for(world: World, people: dict[str, Actor], matter_id: UUID) -> dict[str, str]:
    """For whom of these the matter waits, and with which task."""
    with world.work():
        waiting = select(Viewer.principal, Viewer.task).where(Viewer.record_id == matter_id, Viewer.task.is_not(None))
        tasks = {row.principal: str(row.task) for row in db.session.execute(waiting)}
    return {name: tasks[principal] for name, actor in people.items() for principal in actor.principals if principal in tasks}


def told(world: World, matter_id: UUID) -> dict[UUID, tuple[str, str]]:
    """All messages about the matter: to whom, of which kind."""
    names = {person_id: name for name, person_id in world.people.items()}
    with world.work():
        rows = db.session.scalars(select(Message).where(Message.record_id == matter_id))
        return {row.id: (names[row.person_id], row.kind) for row in rows}


def index(world: World) -> set[tuple[Any, ...]]:
    """All viewer rows of the city."""
    with world.work():
        return {tuple(row) for row in db.session.execute(select(*Viewer.__mapper__.columns))}


def assert_rebuilding_changes_nothing(world: World) -> None:
    """The index is what the rule makes of the records."""
    before = index(world)
    with world.work():
        rebuild_viewers()
    assert index(world) == before


@dataclass(frozen=True)
class Written:
    """All that is written down about a matter: where it stands, its entries, its acts in the journal, whom it told, who sees it."""

    state: str
    version: int
    entries: tuple[str, ...]
    acts: tuple[str, ...]
    messages: frozenset[UUID]
    viewers: frozenset[tuple[Any, ...]]


def written(world: World, matter_id: UUID) -> Written:
    """As it stands in the database now."""
    matter = world.matter(matter_id)
    with world.work():
        kinds = select(Entry.kind).where(Entry.record_id == matter_id).order_by(Entry.sequence)
        acts = select(JournalEntry.act).where(JournalEntry.subject_kind == "matter", JournalEntry.subject_id == str(matter_id))
        told = select(Message.id).where(Message.record_id == matter_id)
        seen = select(Viewer.principal, Viewer.view, Viewer.task).where(Viewer.record_id == matter_id)
        return Written(
            str(matter.state),
            matter.version,
            tuple(db.session.scalars(kinds.options(as_seen_by(SYSTEM)))),
            tuple(db.session.scalars(acts.order_by(JournalEntry.id))),
            frozenset(db.session.scalars(told)),
            frozenset(tuple(row) for row in db.session.execute(seen)),
        )


@dataclass
class House:
    """Everybody of the world at a browser of their own, signed in once, and what they are shown."""

    world: World
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def asks(self, person: str, address: str, **more: Any) -> TestResponse:
        """What is answered to this person at an address that begins with the city."""
        if person not in self.clients:
            self.clients[person] = self.world.browser(person)
        return self.clients[person].get(address, **more)

    def reads(self, person: str, address: str) -> str:
        """The page, of one that opens for them."""
        answer = self.asks(person, address)
        assert answer.status_code == 200, (person, address, answer.status_code)
        return answer.get_data(as_text=True)

    def finds(self, person: str, words: str) -> str:
        """What the header's box leads to when these words are typed into it."""
        answer = self.asks(person, self.place(Purpose.SEARCH, q=words), follow_redirects=True)
        assert (answer.status_code, answer.request.args.get("q")) == (200, words), (person, answer.request.path)
        return answer.get_data(as_text=True)

    def at(self, endpoint: str, **more: Any) -> str:
        """The address of an endpoint in this city."""
        return self.world.app.url_map.bind("localhost").build(endpoint, {"city": self.world.slug, **more})

    def place(self, purpose: Purpose, **more: Any) -> str:
        """The address of the page that serves the purpose."""
        return self.at(PLACES[purpose].endpoint, **more)

    def page_of(self, matter: Matter) -> str:
        """The address of the matter's own page."""
        kind = kind_of(matter)
        return self.at(kind.page, **{kind.argument: matter.id})


def buttons_on(page: str) -> set[str]:
    """Where the buttons of a page lead that ask for a page."""
    links = re.findall(r"<a\b[^>]*>", page)
    found = {re.search(r'href="([^"]+)"', link) for link in links if re.search(r'class="[^"]*\bbtn\b', link)}
    return {one[1].replace("&amp;", "&") for one in found if one is not None}
