"""People at their browsers, in a process of its own: desk, register, one matter of it, and some seconds of thought between.

Reads from standard input where, who and how long (`Orders`), and writes to standard output what they saw (`Walked`). Only
what is asked for after the warm-up counts. Each ask is a connection of its own: a thought outlasts the server's keep-alive.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from typing import Any, NamedTuple

THOUGHT = 5.0, 10.0  # seconds
PATIENCE = 30.0  # seconds until an answer counts as none
MATTER = re.compile(rb'href="(/[^"/]+/matters/[0-9a-f-]{36})"')
NO_ANSWER = "no answer"


class Orders(NamedTuple):
    """What is to be done."""

    port: int
    city: str
    cookies: list[str]  # one person each
    warm: float
    seconds: float


class Walked(NamedTuple):
    """What came of it."""

    times: list[float]  # seconds
    answers: dict[str, int]  # by status
    without: int  # registers that showed no matter
    processor: float  # seconds of processor that this process took, of those that were measured


class Walk:
    """Everybody together."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.counts_from = time.monotonic() + orders.warm
        self.ends = self.counts_from + orders.seconds
        self.times: list[float] = []
        self.answers: Counter[str] = Counter()
        self.without = 0

    async def ask(self, path: str, cookie: str) -> bytes:
        """The page, or nothing; how long it took counts when the walk is warm."""
        begun = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.orders.port)
                try:
                    writer.write(
                        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept-Language: zh\r\n"
                        "Connection: close\r\n\r\n".encode()
                    )
                    page = await reader.read()
                finally:
                    writer.close()
        except OSError:
            page = b""
        status = page[9:12].decode("ascii", "replace") if page else NO_ANSWER
        if self.counts_from <= begun:
            self.times.append(time.monotonic() - begun)
            self.answers[status] += 1
        return page

    async def person(self, cookie: str) -> None:
        """One person, from a moment of their own until the end."""
        home = f"/{self.orders.city}"
        await asyncio.sleep(random.uniform(0, max(THOUGHT)))
        while True:
            await self.ask(f"{home}/", cookie)
            await asyncio.sleep(random.uniform(*THOUGHT))
            register = await self.ask(f"{home}/instructions", cookie)
            await asyncio.sleep(random.uniform(*THOUGHT))
            if shown := MATTER.findall(register):
                await self.ask(random.choice(shown).decode(), cookie)
                await asyncio.sleep(random.uniform(*THOUGHT))
            else:
                self.without += 1

    async def everybody(self) -> Walked:
        """Lets them walk until the time is over."""
        walks: list[Coroutine[Any, Any, None]] = [self.person(cookie) for cookie in self.orders.cookies]
        tasks = [asyncio.create_task(walk) for walk in walks]
        await asyncio.sleep(self.counts_from - time.monotonic())
        before = _processor()
        await asyncio.sleep(self.ends - time.monotonic())
        took = _processor() - before
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return Walked(self.times, dict(self.answers), self.without, took)


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(Walk(Orders(*json.load(sys.stdin))).everybody())))
