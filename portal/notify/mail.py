"""E-mail: what it says, which is always the same, and how it is handed to the mail server exactly once or not at all.

Subject and body are constant but for the reader's own number of unread messages. Never a title, a unit, a leader or a
matter's number: mail leaves the house.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit
from uuid import uuid5

from portal.kernel import clock
from portal.notify.channels import Outcome, Parcel

SUBJECT = "督办通：您有待办事项"
BODY = """您在督办通有 {unread} 条未读消息，请登录后查看：

{link}

You have unread messages in Duban. Please sign in to read them.

本邮件由系统自动发出，请勿回复。
"""
PATIENCE = 10.0  # seconds for each answer of the mail server; all of them together stay below the lease
_HERE = ("localhost", "127.0.0.1", "::1")


class Mail:
    """The mail server of SMTP_URL: smtp[s]://name:password@host:port."""

    def __init__(self, url: str, sender: str, base_url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("SMTP_URL is written smtp[s]://name:password@host:port")
        self.secure = parts.scheme == "smtps"
        self.host = parts.hostname
        self.port = parts.port or (465 if self.secure else 25)
        self.login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self.sender = sender
        self.domain = parseaddr(sender)[1].rpartition("@")[2] or "localhost"
        self.base_url = base_url

    def letter(self, parcel: Parcel) -> EmailMessage:
        """The letter; its Message-ID is the same whenever the delivery is tried again."""
        letter = EmailMessage()
        letter["Subject"] = SUBJECT
        letter["From"] = self.sender
        letter["To"] = parcel.address
        letter["Date"] = format_datetime(clock.now())
        letter["Message-ID"] = f"<{uuid5(parcel.message_id, parcel.channel)}@{self.domain}>"
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(BODY.format(unread=parcel.unread, link=f"{self.base_url}/{parcel.city_slug}/messages"))
        return letter

    def send(self, parcel: Parcel) -> Outcome:
        """Hand the letter over. Until its text was sent, every fault means it was surely not taken; after that, only
        the server's own answer tells."""
        letter = self.letter(parcel)
        server: smtplib.SMTP | None = None
        try:
            server = self._connect()
            self._expect(*server.mail(parseaddr(self.sender)[1]))
            self._expect(*server.rcpt(parcel.address))
        except _Answer as answer:
            self._leave(server)
            return answer.outcome()
        except smtplib.SMTPResponseException as refusal:
            self._leave(server)
            return _Answer(refusal.smtp_code).outcome()
        except (OSError, smtplib.SMTPException) as fault:
            self._leave(server)
            return Outcome("again", type(fault).__name__)
        try:
            code, _said = server.data(letter.as_bytes(policy=letter.policy.clone(linesep="\r\n")))
        except smtplib.SMTPDataError as refusal:
            return _Answer(refusal.smtp_code).outcome()
        except (OSError, smtplib.SMTPException) as fault:
            return Outcome("doubtful", type(fault).__name__)
        finally:
            self._leave(server)
        return Outcome("sent") if code == 250 else _Answer(code).outcome()

    def _connect(self) -> smtplib.SMTP:
        if self.secure:
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=PATIENCE, context=ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        try:
            server.ehlo_or_helo_if_needed()
            if not self.secure and self.host not in _HERE and server.has_extn("starttls"):
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if self.login:
                server.login(*self.login)
        except BaseException:
            server.close()
            raise
        return server

    @staticmethod
    def _expect(code: int, _said: bytes) -> None:
        if code not in (250, 251):
            raise _Answer(code)

    @staticmethod
    def _leave(server: smtplib.SMTP | None) -> None:
        if server is None:
            return
        try:
            server.quit()
        except (OSError, smtplib.SMTPException):
            server.close()


class _Answer(Exception):
    """The mail server's refusal; only its number is kept, since its words may name the recipient."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code

    def outcome(self) -> Outcome:
        return Outcome("refused" if self.code >= 500 else "again", f"SMTP {self.code}")
