"""The whole portal under its supervisor, with people at work and reminders going out, while the database's postmaster,
one of its backends and Redis are killed: nothing half-written, nothing twice, a sentence for everybody, all back again."""

from __future__ import annotations

import html
import os
import re
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.local.places import Place
from portal.local.servers import Servers
from portal.matters.models import Entry
from portal.notify.models import Message
from tests.at_the_door import PASSWORD
from tests.local.conftest import Trial, until, unused_port
from tests.notify.conftest import PostOffice, give_addresses, post_office
from tests.notify.model import model_of
from tests.notify.test_killed import equals_the_models, left, letters_of, states
from tests.world import World, make_world

__all__ = ["post_office"]

OVERDUE = 3
SENTENCE = "系统正在维护"


class Portal(Trial):
    """The real portal on a data directory of its own."""

    patience = 300.0  # its first start migrates

    def __init__(self, directory: Path, told: dict[str, str]) -> None:
        self.root = Path(__file__).resolve().parents[2]
        self.data, self.output = directory / "var", directory / "output.txt"
        self.told = told | {"DUBAN_PORT": str(unused_port())}
        self._running = []


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere but to the address that bears a page's key."""

    def redirect_request(self, asked: urllib.request.Request, *answer: Any) -> urllib.request.Request | None:
        address: str = answer[-1]
        keyed = asked.data is None and address.startswith(f"{asked.full_url}?key=")
        return super().redirect_request(asked, *answer) if keyed else None


@dataclass
class Worker:
    """Somebody at a browser who does one thing over and over, sends again what was not taken, and notes every answer."""

    address: str
    path: str
    words: str
    done: list[str] = field(default_factory=list)  # acknowledged
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = urllib.request.build_opener(_Stay, urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        data = urllib.parse.urlencode(fields).encode() if fields is not None else None
        request = urllib.request.Request(self.address + path, data, {"Origin": self.address, "Accept-Language": "zh"})
        try:
            with self._open.open(request, timeout=30) as answer:
                status, page = answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            status, page = answer.code, answer.read().decode()
        self.answers[status] += 1
        if status not in (200, 303, 409, 503) or (status == 503 and SENTENCE not in page):
            self.wrong.append(f"{status} {path} {re.sub('<[^>]+>', '', page)[:300]}")
        return status, page

    def sign_in(self, city: str, name: str) -> None:
        _status, page = self.ask(f"{city}sign-in")
        status, page = self.ask(f"{city}sign-in", fields_of(page) | {"name": name, "password": PASSWORD})
        assert status == 303, page

    def work(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            status, page = self.ask(self.path)
            if status == 200:
                self.file(f"{self.words}{len(self.done) + 1}。", fields_of(page))
            time.sleep(0.1)

    def file(self, words: str, fields: dict[str, str]) -> None:
        status, page = self.ask(self.path, fields | {"words": words})
        again = False
        while status == 503:
            again = True
            fields = fields_of(page)
            if fields.get("words") != words:
                self.wrong.append(f"{words} did not come back")
            time.sleep(0.2)
            status, page = self.ask(self.path, fields)
        if status == 303 or (again and status == 409):  # done already, though the answer was lost
            self.done.append(words)


def wrong_in(log: Path) -> str:
    """What the web server's log says of faults, with what stands around each."""
    lines = log.read_text().splitlines()
    said = [number for number, line in enumerate(lines) if re.search(r"Error handling|Traceback|\b500\b", line)]
    return "\n".join(line for number in said for line in lines[max(0, number - 3) : number + 40])[:20_000]


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in found}


def written(world: World, matter_id: UUID, words: str) -> list[str]:
    """What was written in the matter's log beginning with these words, in order."""
    with world.work():
        found = db.session.scalars(
            select(Entry).where(Entry.record_id == matter_id).options(as_seen_by(SYSTEM)).order_by(Entry.sequence)
        )
        return [entry.words for entry in found if (entry.words or "").startswith(words)]


def told_again(world: World, matter_id: UUID, name: str) -> int:
    """The messages by which this person was told that the leader wrote again."""
    with world.work():
        mine = select(Message).where(Message.record_id == matter_id, Message.person_id == world.people[name])
        return len(db.session.scalars(mine.where(Message.kind == "instruct_again")).all())


@pytest.fixture
def portal(open_directory: Path, keys: dict[str, str], post_office: PostOffice) -> Iterator[Portal]:
    """The portal, started without a demonstration city; it leaves nothing running."""
    made = Portal(
        open_directory,
        keys
        | {
            "FILES_DIR": str(open_directory / "files"),  # its own: those of other tests are traces of another installation
            "DUBAN_DEMONSTRATION": "0",
            "DUBAN_SWEEP_SECONDS": "0.5",
            "SMTP_URL": post_office.url,
            "MAIL_FROM": "duban@duban.example",
        },
    )
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.fixture
def world(portal: Portal, redis_url: str, keys: dict[str, str]) -> Iterator[World]:
    """The small named world in that portal's database."""
    servers = Servers(Place(portal.data), {})
    servers.attach()
    settings = Settings.from_environment(servers.environment() | keys | {"REDIS_URL": redis_url})
    app = check_ready(create_app(settings, TESTING=True))
    yield make_world(app, "faults")
    with app.app_context():
        db.engine.dispose()


def test_killed_servers_lose_nothing_double_nothing_and_come_back(portal: Portal, world: World, post_office: PostOffice) -> None:
    (ringer,) = portal.named("duban: clock")
    sweepers = portal.named("rq:worker")
    for process in (ringer, *sweepers):  # nobody sweeps while the world is made, rung before or not
        os.kill(process, signal.SIGSTOP)
    give_addresses(world)
    with clock.set_to(clock.now() - timedelta(days=41)):
        overdue = [world.at_work(title=f"第{number}件") for number in range(OVERDUE)]
    models = [model_of(world, matter_id) for matter_id in overdue]
    for model in models:
        model.swept(clock.now())
    for process in sweepers:
        os.kill(process, signal.SIGCONT)
    mine = [world.at_work(title="人在办") for _number in range(2)]
    found = re.search(r"http://127\.0\.0\.1:\d+", portal.said())
    assert found
    handlers = [
        Worker(found[0], world.url(f"matters/{matter_id}/progress"), f"进展{number}之") for number, matter_id in enumerate(mine)
    ]
    leader = Worker(found[0], world.url(f"matters/{overdue[0]}/instruct-again"), "请抓紧之")
    people = [*handlers, leader]
    for worker, name in zip(people, ("health.handler", "health.handler", "city.leader"), strict=True):
        worker.sign_in(world.url(), name)
    stopped = threading.Event()
    threads = [threading.Thread(target=worker.work, args=(stopped,)) for worker in people]
    for thread in threads:
        thread.start()

    def work_goes_on() -> Callable[[], bool]:
        before = [len(worker.done) for worker in people]
        return lambda: all(len(worker.done) > n for worker, n in zip(people, before, strict=True))

    try:
        until(work_goes_on())
        os.kill(ringer, signal.SIGCONT)
        until(lambda: bool(post_office.letters))
        for word in ("postgres -D", "postgres: app duban", "valkey-server"):
            victim = min(portal.named(word))
            os.kill(victim, signal.SIGKILL)
            until(lambda victim=victim: victim not in portal.processes())
            until(work_goes_on())
        until(lambda: left(world) == 0)
        until(lambda: "redis ended (-9)" in portal.said() and len(portal.named("valkey-server")) == 1)
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    until(lambda: left(world) == 0)  # what they did last is told too
    assert "database ended (-9)" in portal.said()
    assert [worker.wrong for worker in people] == [[], [], []], wrong_in(portal.data / "log" / "web.log")
    assert sum(worker.answers[503] for worker in people) > 0
    for worker, matter_id in zip(handlers, mine, strict=True):
        assert written(world, matter_id, worker.words) == worker.done
    assert written(world, overdue[0], leader.words) == leader.done
    assert told_again(world, overdue[0], "city.supervisor") == len(leader.done)
    equals_the_models(world, overdue, models)
    letters, fates = letters_of(world, post_office), states(world)
    assert len(letters) == len(set(letters)) >= fates["sent"] > 0
    assert set(fates) <= {"sent", "claimed", "sending"}  # the last two by a worker cut off meanwhile, until its lease ends
