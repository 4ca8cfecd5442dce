"""A real Chromium against the real portal, served over loopback to the small named world."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from portal.identity.authentication import KNOWN
from tests.at_the_door import PASSWORD, let_in, next_code
from tests.world import World, new_world, world

__all__ = ["new_world", "world"]

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
AXE = (Path(__file__).parent / "axe.min.js").read_text()


def whole(app: Flask) -> Any:
    """Answers in one piece: the server leaves a file open that a browser goes away from in the middle."""

    def answer(environ: Any, start_response: Any) -> list[bytes]:
        pieces = app(environ, start_response)
        try:
            return [b"".join(pieces)]
        finally:
            close = getattr(pieces, "close", None)
            if close:
                close()

    return answer


@pytest.fixture(scope="session")
def address(app: Flask) -> Iterator[str]:
    """Where the portal answers."""
    server = make_server("127.0.0.1", 0, whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=SWITCHES)
        yield browser
        browser.close()


class Visitor:
    """One person at one screen. Every page he opens is looked over by axe, and complaints of the console are kept."""

    def __init__(
        self, chromium: Browser, address: str, world: World, name: str, *, width: int = 1280, by_hand: bool = False
    ) -> None:
        self.world, self.address, self.name = world, address, name
        self.context = chromium.new_context(locale="zh-CN", viewport={"width": width, "height": 900})
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if by_hand:
            self._sign_in()
        else:
            client = let_in(world.app.test_client(), world, name)
            cookies = [cookie for cookie in map(client.get_cookie, ("duban", KNOWN)) if cookie]
            self.context.add_cookies([{"name": one.key, "value": one.value, "url": address} for one in cookies])
            self.open("", look=False)

    def _sign_in(self) -> None:
        self.open("sign-in", look=False)
        self.page.fill("#name", self.name)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button[type=submit], main button.btn-primary")
        self.page.wait_for_load_state()
        if "/sign-in/code" in self.page.url:
            self.page.fill("#passcode", next_code(self.world.app, self.world.id, self.name))
            self.page.click("main button.btn-primary")
            self.page.wait_for_load_state()

    def _hear(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.complaints.append(message.text)

    def open(self, path: str, *, look: bool = True) -> Page:
        """Open a page of the city."""
        url = path if path.startswith("http") else f"{self.address}/{self.world.slug}/{path.lstrip('/')}"
        answer = self.page.goto(url)
        assert answer is not None
        assert answer.status < 500, url
        if look:
            self.look()
        return self.page

    def press(self, button: str) -> Page:
        """Press a button or follow a link by its words; the page that follows is looked over."""
        self.page.locator(f"main >> :is(button, a.btn):has-text('{button}')").first.click()
        self.page.wait_for_load_state()
        self.look()
        return self.page

    def look(self) -> None:
        """WCAG 2.2 AA by axe, and that it fits."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE)
        found = self.page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'], resultTypes: ['violations']})"
            ".then(r => r.violations.map(v => v.id + ' ' + v.nodes[0].target))"
        )
        assert found == [], f"{self.page.url}: {found}"
        self.fits()

    def fits(self) -> None:
        """Nothing is wider than the window, and the console has no complaints."""
        width = self.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert width[0] <= width[1], f"{self.page.url} is wider than the window: {width}"
        assert self.complaints == [], self.complaints

    def text(self) -> str:
        """What the main part says."""
        return self.page.inner_text("main")

    def leave(self) -> None:
        self.context.close()


@pytest.fixture
def visit(chromium: Browser, address: str, world: World) -> Iterator[Any]:
    """`visit("health.handler")`: that person, signed in, at a screen of their own; `by_hand`, they type and send it all."""
    there: list[Visitor] = []

    def come(name: str, *, width: int = 1280, by_hand: bool = False) -> Visitor:
        visitor = Visitor(chromium, address, world, name, width=width, by_hand=by_hand)
        there.append(visitor)
        return visitor

    yield come
    for visitor in there:
        visitor.leave()
