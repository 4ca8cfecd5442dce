"""A database of its own with the bench's city, its readers, and what each of them asks."""

from __future__ import annotations

import time
from urllib.parse import urlencode
from uuid import uuid4

from bench import data, network
from bench.browser import Ask, Browser, sign_in
from bench.place import Ground
from portal.kernel import clock
from portal.vault import encryption

WHO_REGISTERS = ("county office", "city office")


class Town:
    """The city, loaded up to some size."""

    def __init__(self, ground: Ground, name: str) -> None:
        encryption.configure(ground.place.vault_key)
        self.environment, self.connection = ground.database(name)
        self.city_id, self.network = network.found(self.connection)
        self.maker = data.Maker(self.network)
        self.environment["BENCH_CITY"] = str(self.city_id)

    def load(self, size: int) -> None:
        """Brings it to that many matters."""
        begun = time.monotonic()
        data.load(self.connection, self.maker, size)
        print(f"\n{size:,} matters (loaded in {time.monotonic() - begun:.0f} s)", flush=True)

    def asks(self, reader: str, port: int = 0, token: str = "") -> dict[str, Ask]:
        """The pages of this reader by name."""
        here = f"/{network.SLUG}"
        found = 404 if reader == "nobody" else 200
        asks = {
            "desk": Ask(port, f"{here}/", 200),
            "list": Ask(port, f"{here}/instructions", 200),
            "matter": Ask(port, f"{here}/matters/{self.maker.shown}", found),
        }
        if reader in WHO_REGISTERS:
            asks["create"] = Ask(port, f"{here}/instructions/register", 303, lambda: _registration(token))
        return asks

    def visitor(self, reader: str, port: int) -> tuple[dict[str, Ask], dict[str, str]]:
        """What this reader asks there, and the cookies of a sign-in."""
        cookies = sign_in(port, self.network.readers[reader][1])
        token = Browser(port, cookies).token(f"/{network.SLUG}/") if reader in WHO_REGISTERS else ""
        return self.asks(reader, port, token), cookies


def _registration(token: str) -> str:
    today = clock.today().isoformat()
    return urlencode({
        "csrf_token": token, "request_key": str(uuid4()), "source_level": "county", "leader": "张副书记",
        "leader_post": "", "instructed_on": today, "received_on": today, "text": "请认真研究，限期报结。",
        "title": f"关于测量的情况反映 {uuid4().hex[:8]}", "document_number": "", "urgency": "normal", "lead_unit": "",
        "co_units": "", "requirement": "按期报结",
    })  # fmt: skip
