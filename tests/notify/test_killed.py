"""Real workers and clocks, killed at chosen instants, with Redis emptied under them or away: what people are told
equals the plain model, and no letter goes out twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import func, select, update

from portal.deadlines.models import CalendarDay
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.notify import delivery, wakeup
from portal.notify.mail_templates import DIGEST_SUBJECT
from portal.notify.models import Delivery, Message, Reminder
from tests.conftest import CLONE, Database
from tests.notify.conftest import PostOffice, give_addresses
from tests.notify.model import Model, model_of, told
from tests.world import World

MATTERS = 6
PATIENCE = 120.0  # a sweep looks after every city that the other tests have left
Quiet = tuple[Flask, Database, dict[str, str]]
# For each worker what ends its jobs, one after the other; a worker that outlives its last job does the rest.
DEATHS = (
    ("before_fire:2:child", "sending:2:child", "sent:3:child", "after_claim:1:both"),
    ("before_parcel:1:parent",),
)


@pytest.fixture
def overdue(quiet_world: World) -> tuple[World, list[UUID], list[Model]]:
    """Matters at work whose reminders have been due since nobody swept for five days."""
    give_addresses(quiet_world)
    with clock.set_to(clock.now() - timedelta(days=41)):
        matters = [quiet_world.at_work(title=f"第{number}件") for number in range(MATTERS)]
    models = [model_of(quiet_world, matter_id) for matter_id in matters]
    for model in models:
        model.swept(clock.now())
    return quiet_world, matters, models


@pytest.fixture
def environment(quiet: Quiet, post_office: PostOffice) -> dict[str, str]:
    """What the processes are told; with mail."""
    return os.environ | quiet[2] | {"SMTP_URL": post_office.url, "MAIL_FROM": "duban@duban.example", "DUBAN_SWEEP_SECONDS": "0.5"}


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    connection = Redis.from_url(redis_url)
    connection.flushall()
    yield connection
    connection.flushall()
    connection.close()


@contextmanager
def running(environment: dict[str, str], log: Path, *module: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of the portal, killed at the end if it still lives."""
    with log.open("ab") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=CLONE,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], object], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, log.read_text()[-4000:]
        time.sleep(0.05)


def gone(pid: int) -> bool:
    """The process has ended; a zombie that nobody has buried counts as gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):  # the second, when it goes while it is being read
        return True


def left(world: World) -> int:
    """Rungs that are due and letters that wait."""
    with world.work():
        rungs = db.session.scalar(
            select(func.count())
            .select_from(Reminder)
            .where(Reminder.city_id == world.id, Reminder.settled_at.is_(None), Reminder.send_at <= clock.now())
        )
        letters = db.session.scalar(
            select(func.count()).select_from(Delivery).where(Delivery.city_id == world.id, Delivery.state == "waiting")
        )
    return (rungs or 0) + (letters or 0)


def due_letters(models: list[Model]) -> int:
    """One letter for each rung's message, and one to the secretariat about the calendar."""
    return sum(len(model.told) for model in models) + 1


def each_letter_came_once(world: World, post_office: PostOffice, models: list[Model]) -> bool:
    """Everything that was due was sent, and nothing came twice."""
    identities = letters_of(world, post_office)
    assert len(identities) == len(set(identities))
    return states(world) == {"sent": len(identities)} == {"sent": due_letters(models)}


def letters_of(world: World, post_office: PostOffice) -> list[str]:
    """The Message-IDs of what people of this world got."""
    return [letter["Message-ID"] for letter in list(post_office.letters) if letter["To"].endswith(f"@{world.slug}.example")]


def equals_the_models(world: World, matters: list[UUID], models: list[Model]) -> None:
    for matter_id, model in zip(matters, models, strict=True):
        assert told(world, matter_id) == sorted(model.told) != []


def states(world: World) -> Counter[str]:
    with world.work():
        return Counter(db.session.scalars(select(Delivery.state).where(Delivery.city_id == world.id)))


def test_workers_killed_at_any_instant_lose_nothing_and_double_nothing(
    overdue: tuple[World, list[UUID], list[Model]],
    environment: dict[str, str],
    redis: Redis,
    post_office: PostOffice,
    tmp_path: Path,
) -> None:
    world, matters, models = overdue
    queue = Queue(wakeup.QUEUE, connection=redis, serializer="json")
    log = tmp_path / "worker.log"
    for number, deaths in enumerate(DEATHS):
        notes = tmp_path / f"deaths-{number}"
        notes.mkdir()
        with running(environment, log, "tests.notify.dying_worker", str(notes), *deaths) as worker:
            for death in range(len(deaths)):
                queue.enqueue(wakeup.SWEEP, world.id)
                wait_until(lambda note=notes / str(death): note.exists() and gone(int(note.read_text())), log)
            worker.wait(PATIENCE)
        redis.flushall()
    with running(environment, log, "portal.jobs.worker"):
        queue.enqueue(wakeup.SWEEP, world.id)
        wait_until(lambda: left(world) == 0 and states(world).total() == due_letters(models), log)
        assert (states(world)["claimed"], states(world)["sending"]) == (2, 1)
    equals_the_models(world, matters, models)

    with clock.set_to(clock.now() + delivery.LEASE_OF_TEXT + timedelta(seconds=1)), world.app.app_context():
        enter(world.id)
        assert delivery.give_up_expired() == 1  # killed after sending; the two killed just before wait again
        db.session.commit()
    with running(environment, log, "portal.jobs.worker"):
        queue.enqueue(wakeup.SWEEP, world.id)
        wait_until(lambda: states(world) == {"sent": due_letters(models) - 1, "doubtful": 1}, log)
    identities = letters_of(world, post_office)
    assert len(identities) == len(set(identities)) == due_letters(models)


def test_a_sweep_that_is_cut_off_while_the_server_is_slow_gives_its_claim_back(
    quiet_world: World, environment: dict[str, str], redis: Redis, post_office: PostOffice, tmp_path: Path
) -> None:
    give_addresses(quiet_world)
    with quiet_world.work():
        message = Message(key="m", person_id=quiet_world.people["health.handler"], kind="urged", facts={}, at=clock.now())
        db.session.add(message)
        db.session.flush()
        db.session.add(Delivery(person_id=message.person_id, message_id=message.id, channel="mail", due_at=clock.now()))
    queue, log = Queue(wakeup.QUEUE, connection=redis, serializer="json"), tmp_path / "worker.log"
    post_office.greets_after = 6.0
    with running(environment, log, "portal.jobs.worker"):
        queue.enqueue(wakeup.SWEEP, quiet_world.id, job_timeout=3)
        wait_until(lambda: states(quiet_world)["claimed"] == 1, log)
        wait_until(lambda: not states(quiet_world)["claimed"], log)
        assert set(states(quiet_world)) == {"waiting"}
        post_office.greets_after = 0
        with quiet_world.work():
            db.session.execute(update(Delivery).where(Delivery.city_id == quiet_world.id).values(due_at=clock.now()))
        queue.enqueue(wakeup.SWEEP, quiet_world.id)
        wait_until(lambda: set(states(quiet_world)) == {"sent"}, log)
    letters = letters_of(quiet_world, post_office)
    assert len(letters) == len(set(letters)) == states(quiet_world)["sent"] > 0
    assert "JobTimeoutException" in log.read_text()


def test_workers_killed_while_they_gather_and_send_digests_double_none(
    quiet_world: World,
    environment: dict[str, str],
    redis: Redis,
    post_office: PostOffice,
    tmp_path: Path,
) -> None:
    world, people = quiet_world, ("health.handler", "finance.handler", "township.handler", "county.handler")
    give_addresses(world)
    with world.work():  # a digest is due now, whatever the day and hour
        db.session.add(CalendarDay(day=clock.today(), kind="makeup", name="庆典", source="t", confirmed=True))
        for person in people:
            for number in range(3):
                message = Message(
                    key=f"d:{person}:{number}", person_id=world.people[person], kind="closed", facts={}, at=clock.now()
                )
                db.session.add(message)
                db.session.flush()
                db.session.add(
                    Delivery(
                        person_id=message.person_id, message_id=message.id, channel="mail", state="for_digest", due_at=clock.now()
                    )
                )
    queue, log = Queue(wakeup.QUEUE, connection=redis, serializer="json"), tmp_path / "worker.log"
    early = environment | {"DUBAN_TEST_DIGESTS_FROM": "00:00"}
    deaths = ("before_gather:1:child", "after_gather:1:child", "sending:1:child", "sent:2:child", "after_claim:1:both")
    notes = tmp_path / "deaths"
    notes.mkdir()
    with running(early, log, "tests.notify.dying_worker", str(notes), *deaths) as worker:
        for death in range(len(deaths)):
            queue.enqueue(wakeup.SWEEP, world.id)
            wait_until(lambda note=notes / str(death): note.exists() and gone(int(note.read_text())), log)
        worker.wait(PATIENCE)
    redis.flushall()
    notes = tmp_path / "no-deaths"
    notes.mkdir()
    with running(early, log, "tests.notify.dying_worker", str(notes)):
        queue.enqueue(wakeup.SWEEP, world.id)
        wait_until(lambda: not (states(world)["waiting"] or states(world)["for_digest"]), log)

    with world.work():
        digests = list(db.session.scalars(select(Delivery).where(Delivery.city_id == world.id, Delivery.digest_on.is_not(None))))
    assert sorted(one.person_id for one in digests) == sorted(world.people[person] for person in people)
    assert states(world)["in_digest"] == 3 * len(people)
    assert Counter(one.state for one in digests) == {"sent": 1, "claimed": 2, "sending": 1}
    letters = [letter["To"] for letter in post_office.letters if letter["Subject"] == DIGEST_SUBJECT]
    assert len(letters) == len(set(letters)) == 2  # one was killed after sending, two just before


def test_redis_emptied_five_times_a_second_loses_nothing(
    overdue: tuple[World, list[UUID], list[Model]],
    environment: dict[str, str],
    redis: Redis,
    post_office: PostOffice,
    tmp_path: Path,
) -> None:
    world, matters, models = overdue
    log, done = tmp_path / "processes.log", threading.Event()

    def empty() -> None:
        while not done.wait(0.2):
            redis.flushall()

    emptying = threading.Thread(target=empty)
    emptying.start()
    try:
        with running(environment, log, "portal.jobs.worker"), running(environment, log, "portal.jobs.clock"):
            wait_until(lambda: each_letter_came_once(world, post_office, models), log)
    finally:
        done.set()
        emptying.join()
    equals_the_models(world, matters, models)


def test_without_any_redis_the_clock_sweeps_by_itself(
    overdue: tuple[World, list[UUID], list[Model]],
    environment: dict[str, str],
    post_office: PostOffice,
    tmp_path: Path,
) -> None:
    world, matters, models = overdue
    log = tmp_path / "clock.log"
    alone = environment | {"REDIS_URL": f"unix://{tmp_path}/nobody.sock"}
    with running(alone, log, "portal.jobs.clock"), running(alone, log, "portal.jobs.clock"):
        wait_until(lambda: each_letter_came_once(world, post_office, models), log)
    equals_the_models(world, matters, models)
