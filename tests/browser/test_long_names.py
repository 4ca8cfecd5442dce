"""Nothing is wider than the window, whatever things are called: long names, and words that have no place to break."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from portal.kernel.db import db
from tests.browser.test_pages import TELEPHONE, WALKERS, walk_of
from tests.world import World

SAMPLED = ("health.handler", "city.secretariat")  # the others: make test-all
UNBROKEN = "https://www.wenzhou.example.cn/col/col1229208987/" + "a1b2c3d4e5" * 6
LONG = {
    "UPDATE unit SET name = name || '老干部局关心下一代工作委员会办公室暨离退休干部党建工作领导小组',"
    " short_name = short_name || '关心下一代工作委员会办公室暨离退休干部党建' WHERE city_id = :city",
    "UPDATE person SET name = name || '・买买提艾力・阿卜杜热合曼・图尔荪江' WHERE city_id = :city",
    "UPDATE matter SET lead_unit_name = lead_unit_name || '关心下一代工作委员会办公室暨离退休干部党建工作领导小组'"
    " WHERE city_id = :city AND lead_unit_name IS NOT NULL",
    "UPDATE co_unit SET unit_name = unit_name || '关心下一代工作委员会办公室暨离退休干部党建' WHERE city_id = :city",
    "UPDATE content SET plain = plain || jsonb_build_object('leader', '张书记、李市长、王副书记、赵常委、钱副市长、孙秘书长',"
    " 'document_number', CAST(:words AS text), 'text', CAST(:words AS text), 'requirement', CAST(:words AS text), 'title',"
    " '关于《中共中央国务院关于加强新时代老龄工作的意见》贯彻落实情况的情况反映' || CAST(:words AS text))"
    " WHERE city_id = :city AND plain IS NOT NULL",
    "UPDATE entry SET plain = plain || jsonb_build_object('words', CAST(:words AS text)) WHERE city_id = :city"
    " AND plain IS NOT NULL",
    "UPDATE paper SET plain = plain || jsonb_build_object('title', CAST(:words AS text), 'body', CAST(:words AS text),"
    " 'copies', CAST(:words AS text), 'addressee', CAST(:words AS text)) WHERE city_id = :city AND plain IS NOT NULL",
}


def lengthen(world: World) -> None:
    """Everything gets a longer name."""
    with world.work():
        for statement in sorted(LONG):
            named = {"city": world.id} | ({"words": UNBROKEN} if ":words" in statement else {})
            db.session.execute(text(statement), named)


@pytest.fixture(scope="module")
def world(new_world: Callable[[], World]) -> World:
    """One world for all these pages, which are only looked at."""
    return new_world()


@pytest.fixture(scope="module")
def walk(world: World) -> dict[str, list[str]]:
    """Who opens which pages, where everything has a longer name."""
    walk = walk_of(world)
    lengthen(world)
    return walk


def whose_pages() -> list[Any]:
    """The auditor must show a second factor, and sees no names but those of the others' pages."""
    return [pytest.param(one, marks=() if one in SAMPLED else pytest.mark.full) for one in WALKERS if one != "city.auditor"]


@pytest.mark.parametrize("person", whose_pages())
def test_no_name_makes_a_page_wider_than_the_window(visit: Any, world: World, walk: dict[str, list[str]], person: str) -> None:
    visitor, wide = visit(person), []
    for path in walk[person]:
        visitor.page.goto(f"{visitor.address}/{world.slug}/{path}")
        for width in (1280, 900, TELEPHONE):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            there = visitor.page.evaluate("document.documentElement.scrollWidth")
            if there > width:
                wide.append(f"{path}: {there} at {width}, {visitor.page.evaluate(WIDEST)}")
    if wide:
        pytest.fail("\n".join(wide))


# Which elements reach beyond the window, the innermost first.
WIDEST = """() => [...document.querySelectorAll("body *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && ![...e.children].some(c => c.getBoundingClientRect().right > innerWidth + 1))
    .slice(0, 3).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 20)).join("; ")"""
