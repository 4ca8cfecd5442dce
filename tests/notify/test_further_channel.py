"""A channel that is one file and its address in the environment: reached, paced, confirmed and judged like mail."""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import select, update

from portal.config import Misconfigured, Settings
from portal.kernel import clock
from portal.kernel.db import db
from portal.notify import channels, wakeup
from portal.notify.models import ChannelAddress, ChannelPace
from portal.notify.service import tell
from tests.conftest import Database
from tests.notify.conftest import PostOffice
from tests.notify.test_killed import running, wait_until
from tests.notify.test_mail import deliver, deliveries
from tests.world import World

HANDLER, NUMBER = "health.handler", "13800138000"
MODULE = "tests.notify.pager"


class Gateway:
    """What the gateway took, and what it is to answer."""

    def __init__(self) -> None:
        self.taken: list[dict[str, str]] = []
        self.status = 200
        self.url = ""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """An HTTP gateway on this machine."""
    there = Gateway()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if there.status == 200:
                there.taken.append(said)
            self.send_response(there.status)
            self.end_headers()

        def log_message(self, *said: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    there.url = f"http://127.0.0.1:{server.server_port}/send"
    yield there
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def by_pager(gateway: Gateway, keys: dict[str, str], by_mail: PostOffice, world: World) -> Iterator[Gateway]:
    """Mail and the pager are open in this process, as the environment says; the minute is young."""
    settings = Settings.from_environment(
        keys
        | {
            "DATABASE_URL": "postgresql://nowhere",
            "REDIS_URL": "redis://nowhere",
            "SMTP_URL": by_mail.url,
            "DUBAN_CHANNELS": f"{MODULE}={gateway.url}",
            "BASE_URL": "https://duban.example",
        }
    )
    channels.configure(settings)
    with world.work():
        db.session.execute(update(ChannelPace).values(minute=0))
    yield gateway


def carries(world: World, *persons: str) -> None:
    """These persons have a pager."""
    with world.work():
        db.session.add_all(
            ChannelAddress(person_id=world.people[person], channel="pager", address=f"1380013800{number}", confirmed_at=clock.now())
            for number, person in enumerate(persons)
        )


def told(world: World, key: str = "k", kind: str = "handler_named", person: str = HANDLER) -> None:
    with world.work():
        tell(kind, [world.people[person]], key=key, facts={"title": "绝密标题"})


def states(world: World, channel: str = "pager") -> list[str]:
    return [one.state for one in deliveries(world) if one.channel == channel]


def test_who_gave_an_address_for_it_is_told_by_it_too_and_it_says_no_more(world: World, by_pager: Gateway) -> None:
    carries(world, HANDLER)
    told(world)
    told(world, person="health.director")
    assert deliver(world) == 3
    [taken] = by_pager.taken
    assert taken["to"] == "13800138000"
    assert "1 条未读消息" in taken["text"]
    assert f"https://duban.example/{world.slug}/messages" in taken["text"]
    assert "绝密标题" not in taken["text"]


@pytest.mark.parametrize(("status", "state"), [(503, "waiting"), (429, "waiting"), (400, "failed"), (200, "sent")])
def test_what_it_answers_decides_what_becomes_of_the_delivery(world: World, by_pager: Gateway, status: int, state: str) -> None:
    carries(world, HANDLER)
    by_pager.status = status
    told(world)
    deliver(world)
    assert states(world) == [state]
    by_pager.status = 200
    with clock.set_to(clock.now() + timedelta(minutes=2)):
        deliver(world)
    assert states(world) == ["sent" if state == "waiting" else state]
    assert len(by_pager.taken) == (0 if state == "failed" else 1)


def test_it_gets_no_more_in_a_minute_than_it_takes_and_holds_up_no_other(world: World, by_pager: Gateway) -> None:
    carries(world, HANDLER)
    for number in range(7):
        told(world, str(number))
    begins = clock.now().replace(second=1, microsecond=0) + timedelta(minutes=1)
    for minute, taken in enumerate((3, 6, 7)):
        for second in (0, 20, 40):
            with clock.set_to(begins + timedelta(minutes=minute, seconds=second)):
                deliver(world)
        assert len(by_pager.taken) == taken
        assert states(world, "mail") == ["sent"] * 7
    assert states(world) == ["sent"] * 7
    assert len({one["id"] for one in by_pager.taken}) == 7


def test_its_own_column_and_address_stand_on_the_page(world: World, by_pager: Gateway) -> None:
    browser = world.browser(HANDLER)
    page = browser.get(world.url("messages/settings")).get_data(as_text=True)
    assert 'name="pager_tasks"' in page
    assert "短信" in page
    chosen = dict.fromkeys(re.findall(r'name="((?:mail|pager)_\w+)"', page), "now") | {"pager_tasks": "off"}
    answer = browser.post(world.url("messages/settings"), data=chosen | {"csrf_token": world.token(browser), "version": "0"})
    assert answer.status_code == 303
    carries(world, HANDLER)
    told(world)
    told(world, "urged", "urged")
    assert (states(world), states(world, "mail")) == (["waiting"], ["waiting"] * 2)


def test_an_address_for_it_is_confirmed_by_a_code_that_comes_by_it(world: World, by_pager: Gateway) -> None:
    browser = world.browser(HANDLER)
    asks = world.url("messages/settings/addresses/pager")
    refused = browser.post(asks, data={"csrf_token": world.token(browser), "address": "12"})
    assert refused.status_code == 422
    assert "手机号码是 11 位数字" in refused.get_data(as_text=True)
    answer = browser.post(asks, data={"csrf_token": world.token(browser), "address": "138 0013 8000"})
    assert answer.status_code == 303
    deliver(world)
    [taken] = by_pager.taken
    assert taken["to"] == NUMBER
    code = re.search(r"\d{6}", taken["text"])
    assert code
    assert browser.post(answer.location, data={"csrf_token": world.token(browser), "code": code[0]}).status_code == 303
    with world.work():
        [kept] = db.session.scalars(select(ChannelAddress).where(ChannelAddress.city_id == world.id)).all()
    assert (kept.person_id, kept.channel, kept.address) == (world.people[HANDLER], "pager", NUMBER)
    assert NUMBER in browser.get(world.url("messages/settings")).get_data(as_text=True)


def test_a_real_worker_opens_it_from_the_environment(
    quiet: tuple[Flask, Database, dict[str, str]],
    quiet_world: World,
    gateway: Gateway,
    redis_url: str,
    tmp_path: Path,
) -> None:
    environment = os.environ | quiet[2] | {"DUBAN_CHANNELS": f"{MODULE}={gateway.url}"}
    carries(quiet_world, HANDLER)
    channels.configure(Settings.from_environment(environment))
    told(quiet_world, kind="urged")
    redis, log = Redis.from_url(redis_url), tmp_path / "worker.log"
    with running(environment, log, "portal.jobs.worker"):
        Queue(wakeup.QUEUE, connection=redis, serializer="json").enqueue(wakeup.SWEEP, quiet_world.id)
        wait_until(lambda: states(quiet_world) == ["sent"], log)
    redis.flushall()
    redis.close()
    channels.configure(Settings.from_environment(quiet[2]))
    assert [taken["to"] for taken in gateway.taken] == ["13800138000"]


@pytest.mark.parametrize(
    "said",
    [
        "nonsense",
        "=http://x",
        "portal.notify.no_such=http://x",
        "portal.notify.kinds=http://x",
        "portal.notify.mail=smtp://127.0.0.1 portal.notify.mail=smtp://127.0.0.1 tests.notify.pager=",
    ],
)
def test_a_channel_that_cannot_be_opened_stops_the_start(keys: dict[str, str], said: str) -> None:
    before = dict(channels.enabled())
    with pytest.raises(Misconfigured, match="DUBAN_CHANNELS"):
        channels.configure(
            Settings.from_environment(
                keys | {"DATABASE_URL": "postgresql://nowhere", "REDIS_URL": "redis://nowhere", "DUBAN_CHANNELS": said}
            )
        )
    channels._channels.update(before)
