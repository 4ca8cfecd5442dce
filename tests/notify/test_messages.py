"""One's own messages: told once, listed newest first, opened, counted; nobody else's."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select

from portal.kernel import clock
from portal.kernel.db import db
from portal.notify.kinds import text_of
from portal.notify.models import Message
from portal.notify.queries import unread_count
from portal.notify.service import tell
from portal.registry.messages import MESSAGES
from tests.world import World

FACTS = {
    "number": "温督〔2026〕7号",
    "title": "加装电梯",
    "unit": "市卫健委",
    "by": "市卫健委",
    "days": 3,
    "until": "2026-12-01",
    "granted": True,
    "round": 2,
    "year": 2027,
    "count": 5,
    "say": "请抓紧",
    "address": "w***@wz.example",
    "role": "handler",
    "about": 1,
    "changed": ["received_on"],
    "ended": "reassign_unit",
}


def message_of(world: World, person: str) -> Message:
    with world.work():
        return db.session.scalars(
            select(Message).where(Message.person_id == world.people[person]).order_by(Message.at.desc())
        ).first()  # type: ignore[return-value]


def test_each_person_is_told_once_under_one_key(world: World) -> None:
    people = [world.people["health.handler"], world.people["health.director"], world.people["health.handler"]]
    with world.work():
        assert len(tell("calendar_missing", people, key="year:1", facts={"year": 2027})) == 2
    with world.work():
        assert tell("calendar_missing", people, key="year:1", facts={"year": 2027}) == []
        assert len(tell("calendar_missing", people[:1], key="year:2", facts={"year": 2028})) == 1
        assert tell("calendar_missing", [], key="year:3", facts={"year": 2029}) == []


def test_a_mistaken_message_is_refused(world: World) -> None:
    with world.work():
        person = [world.people["health.handler"]]
        with pytest.raises(KeyError):
            tell("gossip", person, key="k", facts={})
        with pytest.raises(ValueError, match="leader"):
            tell("name_handler", person, key="k", facts={"leader": "张书记"})
        with pytest.raises(TypeError):
            tell("name_handler", person, key="k", record_id=uuid4(), facts={"number": "1"})


@pytest.mark.parametrize("kind", [known.name for known in MESSAGES])
def test_every_kind_has_a_full_sentence_and_one_that_names_nothing(app: Flask, kind: str) -> None:
    with app.test_request_context(), force_locale("zh"):
        full, bare = text_of(kind, FACTS), text_of(kind, {"number": FACTS["number"]})
    assert full != bare or MESSAGES[kind].blanks == ()
    said_otherwise = ("until", "granted", "role", "changed", "ended")
    assert all(str(FACTS[blank]) in full or blank in said_otherwise for blank in MESSAGES[kind].blanks)
    assert not re.search(r"%\(|\d|加装电梯|市卫健委", bare)


def test_of_a_confidential_matter_a_message_keeps_the_number_alone(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True, title="绝不可见"), handler="health.handler")
    found = message_of(world, "health.handler")
    assert found.facts == {"number": world.matter(matter_id).number}


def test_whatever_a_caller_says_of_a_confidential_matter_is_not_kept(world: World) -> None:
    matter_id = world.register(confidential=True)
    with world.work():
        [message] = tell(
            "urged", [world.people["health.handler"]], key="k", record_id=matter_id, facts=FACTS | {"confidential": True}
        )
        assert message.facts == {"number": FACTS["number"]}


def test_the_list_shows_ones_own_messages_newest_first(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register(title="第一件")))
    page = world.browser("health.handler").get(world.url("messages")).get_data(as_text=True)
    assert "交您承办，请签收：第一件" in page
    assert world.matter(matter_id).number in page
    assert "第一件" not in world.browser("finance.handler").get(world.url("messages")).get_data(as_text=True)


def test_a_long_list_is_paged_without_gaps_and_back_again(world: World) -> None:
    now = clock.now()
    with world.work():
        for number in range(123):  # many at one instant: the order must still be total
            tell(
                "calendar_missing",
                [world.people["health.handler"]],
                key=f"y:{number}",
                facts={"year": 3000 + number},
                at=now - timedelta(minutes=number // 40),
            )
    browser, address, seen, pages = world.browser("health.handler"), world.url("messages"), [], []
    while address:
        page = browser.get(address).get_data(as_text=True)
        pages.append(re.findall(r"(3\d\d\d) 年放假", page))
        seen += pages[-1]
        link = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(link[1]) if link else ""
    assert [len(p) for p in pages] == [50, 50, 23]
    assert sorted(seen) == [str(3000 + number) for number in range(123)]
    back = re.search(r'rel="prev" href="([^"]+)"', page)
    assert back
    again = browser.get(html.unescape(back[1])).get_data(as_text=True)
    assert re.findall(r"(3\d\d\d) 年放假", again) == pages[1]


@pytest.mark.parametrize("place", ["after=x", "before=1-x", "after=99999999999999999999-00000000000000000000000000000000"])
def test_a_malformed_place_in_the_list_is_not_found(world: World, place: str) -> None:
    assert world.browser("health.handler").get(world.url(f"messages?{place}")).status_code == 404


@pytest.mark.parametrize("method", ["get", "post"])
def test_opening_a_message_marks_it_read(world: World, method: str) -> None:
    world.name_handler(world.assign(world.register()))
    message, browser = message_of(world, "health.handler"), world.browser("health.handler")
    sent = {"csrf_token": world.token(browser)} if method == "post" else {}
    answer = getattr(browser, method)(world.url(f"messages/{message.id}/open"), data=sent)
    assert answer.status_code == 303
    assert "messages" in answer.location or str(message.record_id) in answer.location
    assert message_of(world, "health.handler").read_at is not None
    assert 'class="new"' not in browser.get(world.url("messages")).get_data(as_text=True)


def test_anybody_elses_message_is_not_found_and_stays_unread(world: World) -> None:
    world.name_handler(world.assign(world.register()))
    message = message_of(world, "health.handler")
    stranger = world.browser("finance.handler")
    assert stranger.get(world.url(f"messages/{message.id}/open")).status_code == 404
    assert stranger.get(world.url(f"messages/{UUID(int=5)}/open")).status_code == 404
    assert message_of(world, "health.handler").read_at is None


def test_all_are_marked_read_by_their_owner_alone(world: World) -> None:
    with world.work():
        tell("calendar_missing", [world.people["health.handler"], world.people["health.director"]], key="y", facts={"year": 2027})
    browser = world.browser("health.handler")
    answer = browser.post(world.url("messages/read"), data={"csrf_token": world.token(browser)})
    assert answer.status_code == 303
    with world.work():
        assert unread_count(world.people["health.handler"]) == 0
        assert unread_count(world.people["health.director"]) == 1


def test_the_badge_counts_what_is_unread_and_answers_nothing_to_whom_is_not_signed_in(world: World) -> None:
    with world.work():
        for number in range(3):
            tell("calendar_missing", [world.people["health.handler"]], key=f"y:{number}", facts={"year": 2027})
    polled = {"X-Polling": "1", "HX-Request": "true", "HX-Request-Type": "partial"}
    answer = world.browser("health.handler").get(world.url("messages/badge"), headers=polled)
    assert '<span class="count">3</span>' in answer.get_data(as_text=True)
    assert "<html" not in answer.get_data(as_text=True)
    assert world.app.test_client().get(world.url("messages/badge"), headers=polled).status_code == 204


def test_the_list_needs_a_session(world: World) -> None:
    answer = world.app.test_client().get(world.url("messages"))
    assert answer.status_code == 303
    assert "sign-in" in answer.location
