"""Pages of a small city as they are compared: by names, each as if it were the first, and each change named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from jinja2 import ChoiceLoader, DictLoader

from portal.kernel import clock
from tests.likeness import keeping
from tests.likeness.conftest import LOOKED_AT, Items, Town
from tests.likeness.pages import Browser, Portal, signed_in

NUMBER = "温督〔2026〕1号"
DESK, MATTER = "page health.handler /", f"page health.handler /matters/{NUMBER}"


@pytest.fixture
def portal(town: Town, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """The portal as the pages are asked from it, few of each kind."""
    for name, value in (("ENGLISH", ("health.handler",)), ("ENGLISH_ALIKE", 1), ("MOST_ALIKE", 1), ("MOST_QUERIES", 0)):
        monkeypatch.setattr(f"tests.likeness.pages.{name}", value)
    played, _items = town.read()
    names = {table: {str(key): name for key, name in each.items()} for table, each in played.named().items()}
    app = town.world.app
    loader = app.jinja_env.loader
    made = Portal(app, town.world.slug, names)
    monkeypatch.setattr(made, "addresses", lambda _samples: {f"/{town.world.slug}/officers/journal"})
    with clock.set_to(LOOKED_AT):
        yield made
    _load(app, loader)


def _load(app: Flask, loader: object) -> None:
    environment = app.jinja_env
    assert environment.cache is not None
    environment.loader = loader  # type: ignore[assignment]
    environment.cache.clear()


def _with(portal: Portal, template: str, words: str, others: str) -> None:
    """From now on that template says other words."""
    loader = portal.app.jinja_env.loader
    assert loader is not None
    source = loader.get_source(portal.app.jinja_env, template)[0]
    assert words in source
    _load(portal.app, ChoiceLoader([DictLoader({template: source.replace(words, others)}), loader]))


def _again(portal: Portal) -> Items:
    """The desk and the matter, asked for once more."""
    matter = next(key for key, name in portal.names["matter"].items() if name == NUMBER)
    with signed_in(portal, "health.handler") as cookie:
        browser = Browser(portal, cookie, "zh")
        asked = {DESK: browser.ask(f"/{portal.slug}/"), MATTER: browser.ask(f"/{portal.slug}/matters/{matter}")}
    return {name: {"answer": answer, "text": text} for name, (answer, text, _links) in asked.items()}


def _said(former: Items, now: Items) -> list[str]:
    return list(keeping.differences(keeping.digests(former), now, former))


def test_addresses_without_a_link_are_tried_and_said_by_names(portal: Portal) -> None:
    matter = next(key for key, name in portal.names["matter"].items() if name == NUMBER)
    tried = {portal.say(address) for address in Portal.addresses(portal, [matter])}
    assert {"/", "/instructions/register", "/officers/accounts", f"/matters/{NUMBER}/close", f"/matters/{NUMBER}/readings"} <= tried
    assert not {"/officers/health", "/second-factor"} & tried, "left out"
    unit = next(key for key, name in portal.names["unit"].items() if name == "330324")
    assert portal.say(f"/{portal.slug}/network/units/{unit}?show=all#posts") == "/network/units/330324?show=all#posts"
    assert portal.say("#main") == "#main"
    assert portal.by_names(f"{matter} 00000000-0000-4000-8000-000000000000") == f"{NUMBER} <id>"


def test_pages_are_named_alike_each_time_and_a_change_on_them_is_named(portal: Portal) -> None:
    all_pages = dict(portal.ask_all("health.handler"))
    former = {name: all_pages[name] for name in (DESK, MATTER)}
    assert former[MATTER]["answer"] == "200"
    assert f'href="/matters/{NUMBER}' in former[DESK]["text"]
    assert all_pages["page health.handler /officers/journal"]["answer"] == "403"
    assert 'lang="en"' in all_pages[f"page health.handler in English /matters/{NUMBER}"]["text"]
    assert not _said(former, _again(portal)), "asked for once more, after all others, in another session"

    loader = portal.app.jinja_env.loader
    _with(portal, "matters/matter.html", '_("办理要求")', '_("办理的要求")')
    said = _said(former, _again(portal))
    assert [line for line in said if not line.startswith(" ")] == [f"~ {MATTER}: text"]
    assert "    -<dt>办理要求</dt>" in said and "    +<dt>办理的要求</dt>" in said

    _load(portal.app, loader)
    _with(portal, "macros.html", "{%- for entry in entries %}", "{%- for entry in entries|reverse %}")
    said = _said(former, _again(portal))
    assert [line for line in said if not line.startswith(" ")] == [f"~ {MATTER}: text"]
    assert any(line.startswith("    -") for line in said) and any(line.startswith("    +") for line in said)
