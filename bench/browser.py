"""A browser that only measures: keep-alive, one cookie jar, one person signed in through the sign-in page."""

from __future__ import annotations

import http.client
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from bench.network import PASSWORD, SLUG

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Ask:
    """One page as it is asked for: `body` makes what is posted anew each time."""

    port: int
    path: str
    expected: int
    body: Callable[[], str] | None = None


class Browser:
    """One connection."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        self.port, self.cookies = port, cookies
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, path: str, body: str | None = None) -> tuple[int, bytes]:
        """Status and page; once more where the server had closed the idle connection."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()), "Accept-Language": "zh"}
        try:
            self.connection.request("GET" if body is None else "POST", path, body, headers | (FORM if body else {}))
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.connection.close()
            self.connection.request("GET" if body is None else "POST", path, body, headers | (FORM if body else {}))
            answer = self.connection.getresponse()
        page = answer.read()
        for said in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(said).items():
                self.cookies[name] = morsel.value
        return answer.status, page

    def token(self, path: str) -> str:
        """The token of the forms on that page."""
        status, page = self.ask(path)
        found = TOKEN.search(page.decode())
        if found is None:
            raise RuntimeError(f"{path} answers {status} without a form")
        return found[1]


def sign_in(port: int, name: str) -> dict[str, str]:
    """The cookies of a person who has signed in."""
    browser = Browser(port, {})
    path = f"/{SLUG}/sign-in"
    status, _page = browser.ask(path, urlencode({"csrf_token": browser.token(path), "name": name, "password": PASSWORD}))
    if status != 303:
        raise RuntimeError(f"{name} could not sign in: {status}")
    return browser.cookies


@dataclass
class Result:
    """What one page took; `strange` is a status nobody expected."""

    times: list[float] = field(default_factory=list)  # seconds, at one connection
    done: int = 0  # at eight connections, in `seconds`
    seconds: float = 0.0
    strange: int | None = None

    @property
    def p50(self) -> float:
        """Milliseconds."""
        return sorted(self.times)[len(self.times) // 2] * 1000 if self.times else float("nan")

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.done / self.seconds if self.seconds else float("nan")


def one_by_one(ask: Ask, cookies: dict[str, str], into: Result, most: int, seconds: float) -> None:
    """Asks over one connection."""
    browser, end = Browser(ask.port, dict(cookies)), time.monotonic() + seconds
    for _turn in range(most):
        begun = time.perf_counter()
        status, _page = browser.ask(ask.path, ask.body() if ask.body else None)
        into.times.append(time.perf_counter() - begun)
        if status != ask.expected:
            into.strange = status
        if time.monotonic() > end:
            break
    browser.connection.close()


def together(ask: Ask, cookies: dict[str, str], into: Result, connections: int, most: int, seconds: float) -> None:
    """Asks over several connections at once."""
    lock, left = threading.Lock(), most
    start = threading.Barrier(connections + 1)
    deadline = float("inf")

    def work() -> None:
        nonlocal left
        browser = Browser(ask.port, dict(cookies))
        browser.connection.connect()
        start.wait()
        while time.monotonic() < deadline:
            with lock:
                if left == 0:
                    break
                left -= 1
            status, _page = browser.ask(ask.path, ask.body() if ask.body else None)
            with lock:
                into.done += 1
                if status != ask.expected:
                    into.strange = status
        browser.connection.close()

    threads = [threading.Thread(target=work) for _number in range(connections)]
    for thread in threads:
        thread.start()
    begun = time.monotonic()
    deadline = begun + seconds
    start.wait()
    for thread in threads:
        thread.join()
    into.seconds += time.monotonic() - begun
