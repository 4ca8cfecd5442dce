"""Pages of a small city as they are compared: by names, each as if it were the first, and each change named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jinja2 import ChoiceLoader, DictLoader

from portal.kernel import clock
from tests.likeness import kept
from tests.likeness.conftest import LOOKED_AT, Items, Town
from tests.likeness.pages import Portal

NUMBER = "温督〔2026〕1号"
MATTER = f"page health.handler /matters/{NUMBER}"


@pytest.fixture
def portal(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """The portal as the pages are asked from it."""
    monkeypatch.setattr("tests.likeness.pages.ENGLISH", ("health.handler",))
    played, _items = town.read()
    names = {table: {str(key): name for key, name in each.items()} for table, each in played.named().items()}
    environment = town.world.app.jinja_env
    loader = environment.loader
    yield Portal(town.world.app, town.world.slug, names)
    environment.loader = loader
    assert environment.cache is not None
    environment.cache.clear()


def _pages(portal: Portal) -> Items:
    with clock.set_to(LOOKED_AT):
        return dict(portal.ask_all("health.handler"))


def _with(portal: Portal, template: str, words: str, others: str) -> None:
    """From now on that template says other words."""
    environment = portal.app.jinja_env
    assert environment.loader is not None and environment.cache is not None
    source = environment.loader.get_source(environment, template)[0]
    assert words in source
    environment.loader = ChoiceLoader([DictLoader({template: source.replace(words, others)}), environment.loader])
    environment.cache.clear()


def test_pages_are_named_alike_each_time_and_a_change_on_them_is_named(portal: Portal) -> None:
    former = _pages(portal)
    assert former[MATTER]["answer"] == "200"
    assert f'href="/matters/{NUMBER}' in former["page health.handler /"]["text"]
    assert former["page health.handler /officers/journal"]["answer"] == "403"
    assert "page health.handler in English /" in former
    assert not _said(former, _pages(portal)), "a page asked for again, after all others, is the same"

    _with(portal, "instructions/matter.html", '_("办理要求")', '_("办理的要求")')
    said = _said(former, _pages(portal))
    assert [line for line in said if not line.startswith(" ")] == [f"~ {MATTER}: text"]
    assert "    -<dt>办理要求</dt>" in said and "    +<dt>办理的要求</dt>" in said

    _with(portal, "instructions/matter.html", '_("办理的要求")', '_("办理要求")')
    _with(portal, "macros.html", "{%- for entry in entries %}", "{%- for entry in entries|reverse %}")
    said = _said(former, _pages(portal))
    assert [line for line in said if not line.startswith(" ")] == [f"~ {MATTER}: text"]
    assert any(line.startswith("    -") for line in said) and any(line.startswith("    +") for line in said)


def _said(former: Items, now: Items) -> list[str]:
    return list(kept.differences(kept.digests(former), now, former))
