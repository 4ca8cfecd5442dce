"""The doorbell rings after the commit, and Redis, dead or deaf, holds nobody up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import pytest
from redis import Redis
from rq import Queue

from portal.jobs.clock import ring_slot
from portal.kernel.db import db, enter
from portal.local.redis import RedisServer
from portal.notify import wakeup
from portal.notify.service import tell
from tests.notify.conftest import PostOffice
from tests.world import World


@pytest.fixture
def queue(redis_url: str) -> Iterator[Queue]:
    """The bell's queue, empty, on a Redis that answers."""
    connection = Redis.from_url(redis_url)
    connection.flushall()
    wakeup.configure(redis_url)
    yield Queue(wakeup.QUEUE, connection=connection, serializer="json")
    wakeup.configure(redis_url)
    connection.flushall()
    connection.close()


def tell_two(world: World) -> None:
    for number in range(2):
        tell("calendar_missing", [world.people["health.handler"]], key=f"y:{number}", facts={"year": 2027})


def test_it_rings_once_after_the_commit_with_an_id_and_nothing_else(world: World, queue: Queue, by_mail: PostOffice) -> None:
    with world.app.app_context():
        enter(world.id)
        tell_two(world)
        assert queue.count == 0
        db.session.commit()
        assert [(job.func_name, job.args, job.kwargs) for job in queue.jobs] == [(wakeup.SWEEP, [world.id], {})]
        tell("calendar_missing", [world.people["health.handler"]], key="y:9", facts={"year": 2027})
        db.session.rollback()
        assert queue.count == 1
        tell("calendar_missing", [world.people["health.handler"]], key="y:9", facts={"year": 2027})
        db.session.commit()
        assert queue.count == 2


def test_nobody_is_rung_where_there_is_nothing_to_send(world: World, queue: Queue) -> None:
    with world.work():
        tell_two(world)
    assert queue.count == 0


def _dead(directory: Path) -> tuple[str, Callable[[], None]]:
    return f"unix://{directory}/nobody.sock", lambda: None


def _deaf(directory: Path) -> tuple[str, Callable[[], None]]:
    server = RedisServer(directory, persistent=False)
    process = server.start()
    os.kill(process.pid, signal.SIGSTOP)

    def wake() -> None:
        os.kill(process.pid, signal.SIGCONT)
        server.stop()

    return server.url, wake


@pytest.mark.parametrize("how", [_dead, _deaf])
def test_a_redis_that_does_not_answer_costs_a_request_next_to_nothing(
    world: World,
    queue: Queue,
    by_mail: PostOffice,
    tmp_path: Path,
    how: Callable[[Path], tuple[str, Callable[[], None]]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    url, wake = how(tmp_path)
    try:
        wakeup.configure(url)
        with world.app.app_context():
            enter(world.id)
            tell_two(world)
            began = perf_counter()
            db.session.commit()
            assert perf_counter() - began < 0.4  # a fifth of a second, and a busy machine
            tell("calendar_missing", [world.people["health.handler"]], key="y:9", facts={"year": 2027})
            began = perf_counter()
            db.session.commit()
            assert perf_counter() - began < 0.1  # for a while nobody even tries
        assert "does not answer" in caplog.text
    finally:
        wake()


def test_two_clocks_ring_once_for_a_slot_of_time(queue: Queue) -> None:
    assert [ring_slot(queue, 7, 30), ring_slot(queue, 7, 30), ring_slot(queue, 8, 30)] == [True, True, True]
    assert [job.id for job in queue.jobs] == ["sweep-7", "sweep-8"]


def test_a_clock_that_cannot_ring_says_so(tmp_path: Path) -> None:
    away = Queue(wakeup.QUEUE, connection=wakeup.impatient(f"unix://{tmp_path}/nobody.sock"), serializer="json")
    assert ring_slot(away, 1, 30) is False
