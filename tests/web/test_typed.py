"""Odd values, in any address and any form: left out, refused in a sentence, or nothing there. Never a fault of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask

from tests.world import World

ODD = [b"\0", b"\xff\xfe\xed\xa0\x80", b"9" * 400, "²".encode(), b"-1", b"%'\\"]
NAMES = [
    "q",
    "unit",
    "leader",
    "state",
    "source",
    "task",
    "when",
    "show",
    "after",
    "next",
    "kind",
    "person",
    "on",
    "under",
    "organs",
    "retired",
    "filters",
    "shut",
    "size",
    "sort",
    "act",
    "subject",
    "from",
    "to",
    "subtree",
    "open",
    "returned",
    "due_from",
    "due_to",
    "received_from",
    "received_to",
    "before",
    "place",
    "back",
    "v",
    "level",
    "year",
    "page",
    "month",
]
WALKERS = (
    "city.secretariat",
    "city.head",
    "city.security",
    "city.auditor",
)


def addresses(app: Flask, method: str) -> Iterator[str]:
    """Every address that names no record."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or ()) and rule.arguments <= {"city", "kind"} and "city" in rule.arguments:
            for kind in ("ladder", "deadlines", "limits") if "kind" in rule.arguments else ("",):
                yield re.sub(r"<[^>]*kind>", kind, rule.rule.replace("<slug:city>/", "")).removeprefix("/")


@pytest.mark.parametrize("who", WALKERS)
def test_an_odd_question_is_answered(world: World, who: str) -> None:
    browser = world.browser(who)
    for address in addresses(world.app, "GET"):
        for odd in ODD:
            asked = "&".join(f"{name}={quote_from_bytes(odd)}" for name in NAMES)
            answer = browser.get(f"{world.url(address)}?{asked}")
            assert answer.status_code < 500, (address, odd)
            if answer.status_code == 403:
                break  # whatever is asked


def test_a_character_that_nobody_sees_is_left_out_of_a_question(world: World) -> None:
    browser = world.browser("city.secretariat")
    for address in ("network/liaison-officers", "network/liaison-officers.xlsx", "network"):
        assert browser.get(world.url(f"{address}?unit=%00")).status_code == 200, address
    shown = browser.get(world.url("network/liaison-officers?unit=330300-%00WJ")).get_data(as_text=True)
    assert "市卫生健康委员会" in shown


@dataclass
class _Form:
    """One that posts: the fields that a browser sends of it as it is, and the boxes that are not ticked."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    boxes: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """The forms of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Form] = []
        self.choosing = ""  # the list whose options are read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        name, value = said.get("name"), said.get("value", "")
        if tag == "form" and said.get("method") == "post":
            self.found.append(_Form(said.get("action", "")))
        elif tag == "option" and self.choosing:
            if "selected" in said or self.choosing not in self.found[-1].fields:
                self.found[-1].fields[self.choosing] = value
        elif tag in ("input", "select", "textarea") and self.found and name and said.get("type") != "file":
            self.choosing = name if tag == "select" else ""
            if said.get("type") in ("checkbox", "radio") and "checked" not in said:
                self.found[-1].boxes[name] = value
            elif not self.choosing:
                self.found[-1].fields[name] = value


@pytest.mark.parametrize("who", WALKERS)
def test_a_form_that_lacks_a_field_or_says_what_cannot_be_is_refused(world: World, who: str) -> None:
    browser = world.browser(who)
    tried, seen = 0, set()
    for address in addresses(world.app, "GET"):
        if address.startswith(("sign-", "password", "second-factor", "confirm")):
            continue
        page = browser.get(world.url(address))
        if page.status_code != 200 or page.mimetype != "text/html":
            continue
        reader = _Forms()
        reader.feed(page.get_data(as_text=True))
        for form in reader.found:
            fields = form.fields
            if "sign-out" in form.action or "end-all" in form.action:
                continue
            where = form.action or world.url(address)
            alike = (where.partition("?")[0], *sorted(fields), *sorted(form.boxes))
            if alike in seen:
                continue  # those of the frame stand on every page
            seen.add(alike)
            of_each_kind = {re.sub(r"\d+", "", name): name for name in (*fields, *form.boxes)}  # rows of a table are alike
            for name in of_each_kind.values():
                if name == "csrf_token":
                    continue
                without = {key: value for key, value in fields.items() if key != name}
                for changed in (without, *({**fields, name: odd} for odd in ("\0", "9" * 30))):
                    answer = browser.post(where, data=changed)
                    assert answer.status_code < 500, (where, name, changed.get(name))
                    tried += 1
    assert tried or who == "city.auditor"


def test_a_ladder_without_a_side_is_refused_beside_it(world: World) -> None:
    browser = world.browser("city.head")
    reader = _Forms()
    reader.feed(browser.get(world.url("rules/ladder/edit")).get_data(as_text=True))
    fields = next(form.fields for form in reader.found if "r0_side" in form.fields)
    for side in (None, "x", "\0"):
        sent = {name: value for name, value in fields.items() if name != "r0_side"} | ({} if side is None else {"r0_side": side})
        assert browser.post(world.url("rules/ladder/edit"), data=sent).status_code == 422, side
