"""E-mail: what it says, which is always the same, and how it is handed to the mail server exactly once or not at all.

What it may say is in `letters`: mail leaves the house.
"""

from __future__ import annotations

import logging
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid5

from portal.kernel import clock
from portal.kernel.language import _l
from portal.network.rules import EMAIL_FORM
from portal.notify import letters
from portal.notify.channels import LONGEST_ADDRESS, MAIL, NO_ADDRESS, Outcome, Parcel

if TYPE_CHECKING:
    from portal.config import Settings

log = logging.getLogger(__name__)

PATIENCE = 10.0  # seconds for each answer of the mail server; all of them together stay below the lease
PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
WRITTEN = "SMTP_URL is written smtp://, smtp+starttls:// or smtps://, then name:password@host:port"
_HERE = ("localhost", "127.0.0.1", "::1")


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

    def __init__(self, url: str, sender: str, base_url: str) -> None:
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

    def letter(self, parcel: Parcel) -> EmailMessage:
        """The letter; its Message-ID is the same whenever the delivery is tried again."""
        letter = EmailMessage()
        letter["Subject"] = letters.subject(parcel)
        letter["From"] = self.sender
        letter["To"] = parcel.address
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<{uuid5(parcel.identity, parcel.channel)}@{self.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(letters.body(parcel, self.base_url))
        return letter

    def address(self, typed: str) -> str:
        """A mail address; whether anybody is there shows when the code comes back."""
        if not EMAIL_FORM.fullmatch(typed) or len(typed) > LONGEST_ADDRESS:
            raise ValueError(NO_ADDRESS)
        return typed

    def send(self, parcel: Parcel) -> Outcome:
        """Hand the letter over. Until its text was sent, every fault means it was surely not taken; after that, only
        the server's own answer tells. What the server has against us, not against the letter, is tried again."""
        letter = self.letter(parcel)
        try:
            server = self._connect()
        except (OSError, smtplib.SMTPException, UnicodeError) as fault:
            said = f"SMTP {fault.smtp_code}" if isinstance(fault, smtplib.SMTPResponseException) else type(fault).__name__
            log.warning("the mail server cannot be used (%s); mail waits", said)
            return Outcome("again", said)
        try:
            return self._hand_over(server, letter, parcel.address)
        finally:
            _leave(server)

    @staticmethod
    def _hand_over(server: smtplib.SMTP, letter: EmailMessage, address: str) -> Outcome:
        try:
            code, _said = server.rcpt(address)
        except (OSError, smtplib.SMTPException) as fault:
            return Outcome("again", type(fault).__name__)
        if code not in (250, 251):
            return _refused(code)
        try:
            code, _said = server.data(letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as refusal:
            return _refused(refusal.smtp_code)
        except (OSError, smtplib.SMTPException) as fault:
            return Outcome("doubtful", type(fault).__name__)
        return Outcome("sent") if code == 250 else _refused(code)

    def _connect(self) -> smtplib.SMTP:
        """A server that knows us and takes letters from us."""
        if self.scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=ssl.create_default_context())
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        try:
            if self.scheme == "smtp+starttls":
                server.starttls(context=ssl.create_default_context())
            server.ehlo_or_helo_if_needed()
            if self.login:
                server.login(*self.login)
            code, said = server.mail(parseaddr(self.sender)[1])
            if code != 250:
                raise smtplib.SMTPSenderRefused(code, said, self.sender)
        except BaseException:
            server.close()
            raise
        return server


def _refused(code: int) -> Outcome:
    """The server's refusal of the letter; only its number is kept, since its words may name the recipient."""
    return Outcome("refused" if code >= 500 else "again", f"SMTP {code}")


def _leave(server: smtplib.SMTP) -> None:
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
