"""What is kept is never stale: what is changed anywhere acts in the next request of every process, whatever it has answered
before. Two real processes, each warmed, then asked by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from portal.identity import sessions
from portal.identity.models import Person, SecurityRules
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.service import assigning
from portal.matters.workflow import enact
from portal.network.models import ChangeKind, Delegation
from portal.network.service.delegating import delegate, end_delegation
from portal.notify.service.telling import read_all
from portal.staffing.service.appointing import end_post
from portal.workflow.verbs import Said
from tests.access.processes import COPY, NAME, Processes, two_processes
from tests.local.conftest import until
from tests.network.test_changes import do
from tests.world import World, make_world

TITLE = "关于老旧小区加装电梯的情况反映"
_numbers = count(1)


@pytest.fixture(scope="module")
def processes(keys: dict[str, str], redis_url: str) -> Iterator[Processes]:
    with two_processes(keys, redis_url) as both:
        yield both


@pytest.fixture
def stale_world(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of this test's own in their database; the mould of the process's other database does not fit it."""
    monkeypatch.setattr("tests.world._founded", [])
    return make_world(processes.app, f"stale-{next(_numbers)}")


class Reader:
    """Somebody in one session, who looks for some words on one page."""

    def __init__(self, processes: Processes, world: World, name: str, path: str, words: str) -> None:
        cookie = world.browser(name).get_cookie("duban")
        assert cookie
        self._processes, self._world, self._cookie = processes, world, cookie.value
        self.path, self.words = path, words

    def ask(self, port: int) -> tuple[int, str]:
        return self._processes.ask(port, self._world, self._cookie, self.path)

    def sees(self) -> list[bool]:
        """Whether the words are there, in each process."""
        found = []
        for port in self._processes.ports:
            status, page = self.ask(port)
            assert status < 500, (status, page)
            found.append(status == 200 and self.words in page)
        return found

    def warm(self, *, sees: bool) -> None:
        """Every process has answered this session, on this page and on those around it, more than once."""
        mine, path = self.path, self.path
        for path in ("", "instructions", "messages", mine, mine):
            self.path = path
            self.sees()
        self.path = mine
        assert self.sees() == [sees, sees]


def lend(world: World, *, confidential: bool = False) -> int:
    """The director of health lends finance's handler the post for a day."""
    with world.work("health.director"):
        now = clock.now()
        whom = world.people["finance.handler"]
        lent = delegate(
            world.actor("health.director"), world.posts["health.director"], whom, now, now + timedelta(days=1), confidential
        )
        db.session.flush()
        return lent.id


Change = Callable[[], Any]
Case = Callable[[World], tuple[str, str, str, bool, Change]]
"""In a world: who reads, which page, which words, whether they see them before, and what is changed."""


def page(matter_id: UUID) -> str:
    return f"matters/{matter_id}"


def later(world: World, by: str | None, act: Callable[..., Any]) -> Change:
    """What is done when this is called: by that person, who is given to it, or by the portal."""

    def change() -> None:
        with world.work(by):
            act(*([world.actor(by)] if by else []))

    return change


def a_post_ended(world: World) -> tuple[str, str, str, bool, Change]:
    post, today = world.posts["health.director"], clock.today()
    change = later(world, "city.secretariat", lambda actor: end_post(actor, post, to_on=today, reason="调离", chains_wait=True))
    return "health.director", page(world.at_work()), TITLE, True, change


def a_delegation_given(world: World) -> tuple[str, str, str, bool, Change]:
    return "finance.handler", page(world.at_work()), TITLE, False, lambda: lend(world)


def a_delegation_ended(world: World) -> tuple[str, str, str, bool, Change]:
    lent = lend(world)
    change = later(world, "health.director", lambda actor: end_delegation(actor, lent))
    return "finance.handler", page(world.at_work()), TITLE, True, change


def a_delegation_expired(world: World) -> tuple[str, str, str, bool, Change]:
    lent = lend(world)

    def change() -> None:
        ends = clock.now() + timedelta(seconds=0.5)
        later(world, None, lambda: db.session.execute(update(Delegation).where(Delegation.id == lent).values(to_at=ends)))()
        time.sleep(1)  # nobody does anything when it is over

    return "finance.handler", page(world.at_work()), TITLE, True, change


def somebody_suspended(world: World) -> tuple[str, str, str, bool, Change]:
    whose = Person.id == world.people["city.supervisor"]
    change = later(world, None, lambda: db.session.execute(update(Person).where(whose).values(suspended_at=clock.now())))
    return "city.supervisor", page(world.register(confidential=True)), TITLE, True, change


def units_merged(world: World) -> tuple[str, str, str, bool, Change]:
    matter_id = world.assign(world.register(), "finance")
    return (
        "health.director",
        page(matter_id),
        TITLE,
        False,
        lambda: do(world, ChangeKind.MERGE, "finance", into_id=world.units["health"]),
    )


def a_language_chosen(world: World) -> tuple[str, str, str, bool, Change]:
    who = world.people["city.supervisor"]
    return "city.supervisor", "", '<html lang="en"', False, later(world, None, lambda: accounts.speak(who, "en"))


def a_second_factor_for_all(world: World) -> tuple[str, str, str, bool, Change]:
    rules = SecurityRules(second_factor_for_all=True, changed_at=clock.now())
    return "city.supervisor", page(world.register()), TITLE, True, later(world, None, lambda: db.session.add(rules))


def messages_read(world: World) -> tuple[str, str, str, bool, Change]:
    world.at_work()
    return "health.liaison", "", "条未读", True, later(world, "health.liaison", read_all)


def an_audience_changed(world: World) -> tuple[str, str, str, bool, Change]:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    named = assigning.Naming(post_id=world.posts["health.handler2"])
    change = later(world, "city.supervisor", lambda actor: enact(actor, verbs.NAME_HANDLER, matter_id, named))
    return "health.handler", page(matter_id), TITLE, True, change


def a_matter_made_confidential(world: World) -> tuple[str, str, str, bool, Change]:
    matter_id = world.register()
    said = Said(words="涉及个人隐私")
    change = later(world, "city.supervisor", lambda actor: enact(actor, verbs.MAKE_CONFIDENTIAL, matter_id, said))
    return "city.head", page(matter_id), TITLE, True, change


def somebody_deactivated(world: World) -> tuple[str, str, str, bool, Change]:
    who = world.people["city.head"]
    change = later(world, "city.security", lambda actor: accounts.deactivate(actor, who))
    return "city.head", page(world.register()), TITLE, True, change


def a_session_ended(world: World) -> tuple[str, str, str, bool, Change]:
    who = world.people["city.head"]
    return "city.head", page(world.register()), TITLE, True, later(world, None, lambda: sessions.end_all(who))


CASES: list[Case] = [
    a_post_ended, a_delegation_given, a_delegation_ended, a_delegation_expired, somebody_suspended, units_merged,
    a_language_chosen, a_second_factor_for_all, messages_read, an_audience_changed, a_matter_made_confidential,
    somebody_deactivated, a_session_ended,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_is_changed_acts_in_the_next_request_of_every_process(processes: Processes, stale_world: World, case: Case) -> None:
    name, path, words, before, change = case(stale_world)
    reader = Reader(processes, stale_world, name, path, words)
    reader.warm(sees=before)
    change()
    assert reader.sees() == [not before, not before]


def test_what_is_not_committed_is_not_seen_and_an_older_reading_transaction_keeps_nothing_back(
    processes: Processes, stale_world: World
) -> None:
    world, matter_id = stale_world, stale_world.register()
    reader = Reader(processes, world, "city.head", page(matter_id), TITLE)
    reader.warm(sees=True)
    with processes.app.app_context(), db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as older:
        older.execute(select(Person.id)).all()
        with world.work():
            sessions.end_all(world.people["city.head"])
            assert reader.sees() == [True, True]
        assert reader.sees() == [False, False]


def test_what_was_ended_stays_ended_when_the_database_was_restarted(processes: Processes, stale_world: World) -> None:
    world, matter_id = stale_world, stale_world.register()
    ended = Reader(processes, world, "city.head", page(matter_id), TITLE)
    going_on = Reader(processes, world, "city.supervisor", page(matter_id), TITLE)
    for reader in (ended, going_on):
        reader.warm(sees=True)
    with world.work():
        sessions.end_all(world.people["city.head"])
    processes.restart()
    for port in processes.ports:
        assert going_on.ask(port)[0] in (200, 503)
    assert going_on.sees() == [True, True]
    assert ended.sees() == [False, False]


def test_every_process_answers_by_the_database_that_was_put_in_its_place(processes: Processes, stale_world: World) -> None:
    world, matter_id = stale_world, stale_world.register()
    reader = Reader(processes, world, "city.head", page(matter_id), TITLE)
    processes.copy(NAME, COPY)
    until(lambda: reader.ask(processes.ports[0])[0] == reader.ask(processes.ports[1])[0] == 200)
    later = world.register(title="后来登记的一件")
    after = Reader(processes, world, "city.head", page(later), "后来登记的一件")
    after.warm(sees=True)
    processes.copy(COPY, NAME)
    for port in processes.ports:
        assert reader.ask(port)[0] in (200, 503)
    assert reader.sees() == [True, True]
    after._cookie = reader._cookie  # their other session is not in it
    assert after.sees() == [False, False]
