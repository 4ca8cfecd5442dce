"""A mail server that wants TLS and a password: real ones on this machine, with a certificate made for the test."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select

from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.notify import channels, jobs
from portal.notify.mail import Mail
from portal.notify.models import Delivery
from portal.notify.service import tell
from tests.certificates import Certificate, certificate
from tests.notify.conftest import PostOffice, give_addresses
from tests.world import World

NAME, SECRET = "duban", "p@ss/word:1"
IN_URL = "duban:p%40ss%2Fword%3A1"


class Guarded(PostOffice):
    """A mail server that takes letters from those alone who logged in, and notes who tried and how."""

    def __init__(self) -> None:
        super().__init__()
        self.tried: list[tuple[bytes, bytes]] = []
        self.encrypted: list[bool] = []

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, said: Any) -> AuthResult:
        self.tried.append((said.login, said.password))
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return AuthResult(success=(said.login, said.password) == (NAME.encode(), SECRET.encode()), handled=False)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if not session.authenticated:
            return "530 log in first"
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class Street:
    """Opens mail servers and closes them at the end."""

    running: list[Controller] = field(default_factory=list)

    def open(self, **how: Any) -> tuple[Guarded, int]:
        office = Guarded()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        controller = Controller(office, hostname="127.0.0.1", port=port, authenticator=office.authenticate, **how)
        controller.start()
        self.running.append(controller)
        return office, port


@pytest.fixture
def street() -> Iterator[Street]:
    street = Street()
    yield street
    for controller in street.running:
        controller.stop()


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """The server's certificate, which this machine trusts."""
    made = certificate(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


@pytest.fixture
def send(world: World) -> Iterator[Callable[..., tuple[str, str | None]]]:
    """A letter goes to the server of this address: what became of the delivery, and what was the matter."""
    give_addresses(world)
    before = dict(channels._channels)

    def run(url: str, at: timedelta = timedelta(0)) -> tuple[str, str | None]:
        channels._channels["mail"] = Mail(url, "duban@duban.example", "https://duban.example")
        with world.work():
            tell("calendar_missing", [world.people["health.handler"]], key="one", facts={"year": 2027})
        with world.app.app_context(), clock.set_to(clock.now() + at):
            enter(world.id)
            jobs.send_waiting()
        with world.work():
            made = db.session.scalars(select(Delivery).where(Delivery.city_id == world.id)).one()
            return made.state, made.fault

    yield run
    channels._channels.clear()
    channels._channels.update(before)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_name_password_and_letter_go_encrypted_to_a_trusted_server(
    street: Street, send: Callable[..., Any], trusted: Certificate, scheme: str
) -> None:
    how = (
        {"ssl_context": trusted.served, "auth_require_tls": False}
        if scheme == "smtps"
        else {"tls_context": trusted.served, "require_starttls": True}
    )
    office, port = street.open(**how)
    assert send(f"{scheme}://{IN_URL}@127.0.0.1:{port}") == ("sent", None)
    assert len(office.letters) == 1
    assert office.tried == [(NAME.encode(), SECRET.encode())]
    assert office.encrypted == [True]


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize("made_for", ["127.0.0.1", "192.0.2.1"])
def test_a_server_that_cannot_prove_itself_learns_nothing_and_the_mail_waits(
    street: Street, send: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, made_for: str
) -> None:
    strange = certificate(tmp_path, made_for)
    if made_for != "127.0.0.1":  # trusted, but another server's
        monkeypatch.setenv("SSL_CERT_FILE", str(strange.file))
    office, port = street.open(
        **({"ssl_context": strange.served, "auth_require_tls": False} if scheme == "smtps" else {"tls_context": strange.served})
    )
    assert send(f"{scheme}://{IN_URL}@127.0.0.1:{port}") == ("waiting", "SSLCertVerificationError")
    assert (office.tried, office.letters) == ([], [])


def test_a_server_without_starttls_is_told_no_password_and_the_mail_waits(street: Street, send: Callable[..., Any]) -> None:
    office, port = street.open(auth_require_tls=False)
    assert send(f"smtp+starttls://{IN_URL}@127.0.0.1:{port}") == ("waiting", "SMTPNotSupportedError")
    assert (office.tried, office.letters) == ([], [])


def test_a_refused_login_leaves_the_mail_waiting_until_the_password_is_put_right(
    street: Street, send: Callable[..., Any], trusted: Certificate
) -> None:
    office, port = street.open(tls_context=trusted.served)
    assert send(f"smtp+starttls://duban:wrong@127.0.0.1:{port}") == ("waiting", "SMTP 535")
    assert office.letters == []
    assert send(f"smtp+starttls://{IN_URL}@127.0.0.1:{port}", timedelta(minutes=1)) == ("sent", None)
    assert len(office.letters) == 1


def test_a_server_that_takes_no_mail_from_us_is_tried_again(street: Street, send: Callable[..., Any], trusted: Certificate) -> None:
    _office, port = street.open(tls_context=trusted.served, auth_required=True)
    assert send(f"smtp+starttls://127.0.0.1:{port}") == ("waiting", "SMTP 530")


def test_no_password_goes_in_the_clear_to_another_machine() -> None:
    with pytest.raises(ValueError, match="in the clear"):
        Mail("smtp://duban:secret@mail.example.cn", "a@b.example", "https://x")
    for url in ("http://mail", "smtp://", "starttls://mail"):
        with pytest.raises(ValueError, match="SMTP_URL is written"):
            Mail(url, "a@b.example", "https://x")
    assert [
        Mail(f"{scheme}://mail.example.cn", "a@b.example", "https://x").port for scheme in ("smtp", "smtp+starttls", "smtps")
    ] == [25, 587, 465]
