"""The small named world with the State Council's calendar, and what a browser posts to set rules and calendars."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from portal.bylaws import service
from portal.deadlines.queries import forget
from portal.deadlines.service import seed_calendar
from portal.deadlines.versions import Versioned
from portal.kernel.db import db
from tests.world import World, new_world
from tests.world import world as bare_world

__all__ = ["bare_world", "new_world"]

# 2027 as a notice might say it; the guess has neither the make-up days nor 11 and 12 February, 6 and 7 October.
NOTICE = """1月1日至3日 放假 元旦
2027-02-05至2027-02-12 放假 春节
2027-02-20 调休上班 春节
2027/2/27 调休上班 春节
4月3日至4月5日 放假 清明节
5月1日至5月5日 放假 劳动节
5月8日 调休上班 劳动节
6月9日 放假 端午节
9月15日 放假 中秋节
2027年10月1日至2027年10月7日 放假 国庆节
10月9日 调休上班 国庆节""".replace("1月1日至3日", "1月1日至1月3日")


@pytest.fixture
def world(bare_world: World) -> World:
    """A city with a confirmed 2026 and a guessed 2027."""
    with bare_world.work():
        seed_calendar(db.session(), bare_world.id)
    return bare_world


def publish(world: World, what: Versioned[Any], rules: Any, *, by: str = "city.head", **more: Any) -> int:
    """A new version by the service; its number. Every process knows it afterwards."""
    with world.work(by):
        number = service.set_rules(world.actor(by), what, rules, reason="依市里要求", **more).version
    forget(world.id)
    return number


def typed(page: str) -> dict[str, Any]:
    """What the page's form would send if nothing were changed."""
    main = page[page.index("<main") :]
    form = main[main.index("<form") : main.index("</form>")]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = re.search(r'name="([^"]+)"', tag), re.search(r'type="([^"]+)"', tag)
        if not name or (kind and kind[1] == "checkbox" and " checked" not in tag):
            continue
        value = re.search(r'value="([^"]*)"', tag)
        found.setdefault(name[1], []).append(value[1] if value else "")
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', inside) or re.search(r'<option value="([^"]*)"', inside)
        found[name] = [chosen[1] if chosen else ""]
    for name, inside in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.S):
        found[name] = [inside.strip()]
    return found


@pytest.fixture
def notice() -> str:
    """The notice as a pasted list."""
    return NOTICE


Poster = Callable[..., Any]


def day(text: str) -> date:
    """A day from its ISO text."""
    return date.fromisoformat(text)
