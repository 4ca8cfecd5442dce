"""E-mail: what it says, which is always the same, and how it is handed to the mail server exactly once or not at all.

What it may say is in `letters`: mail leaves the house. How long one waits follows the step of the protocol (RFC 5321
§4.5.3.2): not long for a server that has nothing of us yet; for its word on a letter that it has, ten minutes.
"""

from __future__ import annotations

import logging
import re
import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid5

from portal.kernel import clock
from portal.kernel.language import _l
from portal.network.rules import EMAIL_FORM
from portal.notify import mail_templates
from portal.notify.channels import LONGEST_ADDRESS, MAIL, NO_ADDRESS, Outcome, Parcel

if TYPE_CHECKING:
    from portal.config import Settings

log = logging.getLogger(__name__)

PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
WRITTEN = "SMTP_URL is written smtp://, smtp+starttls:// or smtps://, then name:password@host:port"
OF_US = frozenset({530, 534, 535, 538})  # what the server has against us, not against the letter (RFC 4954)
_HERE = ("localhost", "127.0.0.1", "::1")
_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for each answer before the letter's text, for all of them together (inside `delivery.LEASE`), for the
    text and the server's word on it (inside `delivery.LEASE_OF_TEXT`), and for its good-bye."""

    answer: float = 30.0
    before: float = 120.0
    last: float = 600.0
    leaving: float = 2.0


PATIENCE = Patience()


def open_channel(url: str, settings: Settings) -> Mail:
    """The installation's mail server."""
    return Mail(url, settings.mail_from, settings.base_url)


class Mail:
    """The mail server of SMTP_URL. `smtps` is encrypted from the first octet, `smtp+starttls` before the password or any
    letter; both only with a server whose certificate is trusted and bears its name. `smtp` is plain, and takes no
    password to another machine. Raises ValueError for what is written otherwise."""

    name = MAIL
    label = _l("邮件")
    per_minute: int | None = None

    def __init__(self, url: str, sender: str, base_url: str, patience: Patience = PATIENCE) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(WRITTEN)
        if parts.scheme == "smtp" and parts.username and parts.hostname not in _HERE:
            raise ValueError("SMTP_URL would send the mail server's password in the clear: write smtp+starttls:// or smtps://")
        self.scheme = parts.scheme
        self.host = parts.hostname
        self.port = parts.port or PORTS[parts.scheme]
        self.login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self.sender = sender
        self.domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
        self.base_url = base_url
        self.patience = patience

    def letter(self, parcel: Parcel) -> EmailMessage:
        """The letter; its Message-ID is the same whenever the delivery is tried again."""
        letter = EmailMessage()
        letter["Subject"] = mail_templates.subject(parcel)
        letter["From"] = self.sender
        letter["To"] = parcel.address
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<{uuid5(parcel.identity, parcel.channel)}@{self.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(mail_templates.body(parcel, self.base_url))
        return letter

    def address(self, typed: str) -> str:
        """A mail address; whether anybody is there shows when the code comes back."""
        if not EMAIL_FORM.fullmatch(typed) or len(typed) > LONGEST_ADDRESS:
            raise ValueError(NO_ADDRESS)
        return typed

    def send(self, parcel: Parcel, begin: Callable[[], bool]) -> Outcome:
        """Hand the letter over. Until the first octet of its text every fault means that it was surely not taken; after
        that only the server's own answer tells."""
        letter = self.letter(parcel)
        line = Line(self.patience)
        try:
            server = self._connect(line)
        except smtplib.SMTPResponseException as refusal:
            return _away(f"SMTP {refusal.smtp_code}")
        except (OSError, smtplib.SMTPException, UnicodeError) as fault:
            return _away(type(fault).__name__)
        try:
            return _hand_over(server, line, letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")), parcel.address, begin)
        finally:
            server.close()

    def _connect(self, line: Line) -> smtplib.SMTP:
        """A server that knows us and takes letters from us."""
        if self.scheme == "smtps":
            trust = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=line.left(), context=trust)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=line.left())
        try:
            if self.scheme == "smtp+starttls":
                line.take(server).starttls(context=ssl.create_default_context())
            line.take(server).ehlo_or_helo_if_needed()
            if self.login:
                line.take(server).login(*self.login)
            code, said = line.take(server).mail(parseaddr(self.sender)[1])
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, said, self.sender)
        except BaseException:
            server.close()
            raise
        return server


class Line:
    """How long one goes on waiting before the letter's text, all answers together."""

    def __init__(self, patience: Patience) -> None:
        self.patience, self._until = patience, monotonic() + patience.before

    def left(self) -> float:
        """Seconds for the next answer; TimeoutError where none are left."""
        left = min(self.patience.answer, self._until - monotonic())
        if left <= 0:
            raise TimeoutError
        return left

    def take(self, server: smtplib.SMTP, seconds: float | None = None) -> smtplib.SMTP:
        """The server, which has so long for its next answer."""
        if server.sock is None:
            raise smtplib.SMTPServerDisconnected
        server.sock.settimeout(self.left() if seconds is None else seconds)
        return server


def _hand_over(server: smtplib.SMTP, line: Line, text: bytes, address: str, begin: Callable[[], bool]) -> Outcome:
    try:
        code, _said = line.take(server).rcpt(address)
        if code not in (250, 251):
            return _refused(code)
        code, _said = line.take(server).docmd("data")
        if code != 354:
            return _refused(code)
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome("again", type(fault).__name__)
    if not begin():
        return Outcome("again", "too late")
    try:
        line.take(server, line.patience.last).send(_DOT.sub(b"..", text) + b".\r\n")
        code, _said = server.getreply()
    except (OSError, smtplib.SMTPException) as fault:
        return Outcome("doubtful", type(fault).__name__)
    with suppress(OSError, smtplib.SMTPException):
        line.take(server, line.patience.leaving).quit()
    return Outcome("sent") if code == 250 else _refused(code)


def _refused(code: int) -> Outcome:
    """The server's refusal; only its number is kept, since its words may name the recipient."""
    if code in OF_US:
        return _away(f"SMTP {code}")
    return Outcome("refused" if code >= 500 else "again", f"SMTP {code}")


def _away(fault: str) -> Outcome:
    log.warning("the mail server cannot be used (%s); mail waits", fault)
    return Outcome("away", fault)
