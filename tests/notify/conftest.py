"""A real mail server that can be told to misbehave, and a database in which only these tests' processes work."""

from __future__ import annotations

import asyncio
import email
import socket
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, syntax
from flask import Flask
from sqlalchemy import update

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.identity.models import Person
from portal.kernel.db import db
from portal.notify import channels
from portal.notify.mail import Mail
from tests.conftest import Database
from tests.world import World, make_world, new_world, world

__all__ = ["new_world", "world"]


class PostOffice:
    """What the mail server took, and what it is to answer."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.at_recipient: str | None = None  # an answer such as "450 busy" instead of taking the recipient
        self.at_data: str | None = None
        self.hang_up_after_data = False
        self.instead_of_text: str | None = None  # an answer to DATA instead of 354; empty: it hangs up
        self.greets_after = self.decides_after = 0.0  # seconds
        self.was_slow = False
        self.url = ""

    async def slowly(self, what: str) -> None:
        began = time.monotonic()
        while time.monotonic() - began < getattr(self, what):
            self.was_slow = True
            await asyncio.sleep(0.02)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        await self.slowly("decides_after")
        if self.at_data:
            return self.at_data
        self.recipients += envelope.rcpt_tos
        letter = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        if self.hang_up_after_data:
            server.transport.abort()
        return "250 OK"


class Misbehaving(Controller):
    """Serves as the post office says, in what its handler cannot decide."""

    def factory(self) -> SMTP:
        office = self.handler

        class Server(SMTP):
            async def _handle_client(self) -> None:
                try:
                    await office.slowly("greets_after")
                except asyncio.CancelledError:  # who connected went away meanwhile
                    self.transport.close()
                    raise
                await super()._handle_client()

            @syntax("DATA")
            async def smtp_DATA(self, arg: str) -> None:
                if office.instead_of_text is None:
                    await super().smtp_DATA(arg)
                elif office.instead_of_text:
                    await self.push(office.instead_of_text)
                else:
                    self.transport.abort()

        return Server(self.handler, **self.SMTP_kwargs)


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """A mail server on this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    office = PostOffice()
    controller = Misbehaving(office, hostname="127.0.0.1", port=port)
    controller.start()
    office.url = f"smtp://127.0.0.1:{port}"
    yield office
    office.greets_after = office.decides_after = 0.0
    if office.was_slow:
        time.sleep(0.2)  # whoever still waits is let go before the loop ends
    controller.stop()


@pytest.fixture
def by_mail(post_office: PostOffice, world: World) -> Iterator[PostOffice]:
    """Everybody of the world has an address, and mail is open in this process."""
    give_addresses(world)
    before = dict(channels._channels)
    channels._channels["mail"] = Mail(post_office.url, "duban@duban.example", "https://duban.example")
    yield post_office
    channels._channels.clear()
    channels._channels.update(before)


def give_addresses(world: World) -> None:
    """Everybody has an address."""
    with world.work():
        db.session.execute(
            update(Person).where(Person.city_id == world.id).values(email=Person.sign_in_name + f"@{world.slug}.example")
        )


@pytest.fixture(scope="session")
def quiet(
    new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]
) -> Iterator[tuple[Flask, Database, dict[str, str]]]:
    """The portal on a database in which only the processes that a test starts sweep; with their environment."""
    database = new_database("sweeps")
    environment = keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url}
    portal = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    yield portal, database, environment
    with portal.app_context():
        db.engine.dispose()


@pytest.fixture
def quiet_world(quiet: tuple[Flask, Database, dict[str, str]], request: pytest.FixtureRequest) -> World:
    """A world of this test's own in that database."""
    portal, _database, _environment = quiet
    return make_world(portal, f"quiet-{abs(hash(request.node.name)) % 10**9}")
