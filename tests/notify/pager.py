"""A further channel in one file, as an installation would add WeCom, DingTalk or an SMS gateway: numbers instead of mail
addresses, a gateway that speaks JSON over HTTP and takes three messages a minute. Opened by
`DUBAN_CHANNELS=tests.notify.pager=http://gateway/send`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from portal.config import Settings
from portal.notify import mail_templates
from portal.notify.channels import Outcome, Parcel

PER_MINUTE = 3


class Pager:
    """The gateway at this address."""

    name = "pager"
    label = "短信"
    per_minute: int | None = PER_MINUTE

    def __init__(self, url: str, base_url: str) -> None:
        self.url, self.base_url = urlsplit(url), base_url

    def address(self, typed: str) -> str:
        """A mobile number of eleven digits."""
        number = re.sub(r"[ \-]", "", typed)
        if not re.fullmatch(r"1[3-9][0-9]{9}", number):
            raise ValueError("手机号码是 11 位数字")
        return number

    def send(self, parcel: Parcel, begin: Callable[[], bool]) -> Outcome:
        """One request; the gateway knows `id` again, so that what arrived twice is shown once."""
        said = {"to": parcel.address, "text": mail_templates.body(parcel, self.base_url), "id": str(parcel.identity)}
        connection = HTTPConnection(self.url.hostname or "", self.url.port, timeout=5)
        try:
            connection.connect()
        except OSError as fault:
            return Outcome("away", type(fault).__name__)
        if not begin():
            return Outcome("again", "too late")
        try:
            connection.request("POST", self.url.path, json.dumps(said), {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, HTTPException) as fault:
            return Outcome("doubtful", type(fault).__name__)
        finally:
            connection.close()
        kinds: dict[int, Any] = {200: "sent", 429: "again", 503: "again"}
        return Outcome(kinds.get(status, "refused"), None if status == 200 else f"HTTP {status}")


def open_channel(url: str, settings: Settings) -> Pager:
    """The installation's gateway."""
    return Pager(url, settings.base_url)
