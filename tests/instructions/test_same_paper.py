"""The same paper is asked about once, as far as its registrar may read what is there; the page fetched again makes nothing."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from werkzeug.test import TestResponse

from portal.identity import kept_forms
from portal.kernel import clock
from portal.matters.models import Entry
from tests.instructions.test_registering import count, typed
from tests.matters.test_sent_twice import _count
from tests.world import World

PAPER = {"document_number": "市委办〔2026〕999号", "title": "关于饮水的情况反映", "leader": "张书记"}


class Clerk:
    """Somebody at a browser, at the form of a registration."""

    def __init__(self, world: World, person: str = "city.supervisor", path: str = "instructions/register") -> None:
        self.world, self.browser = world, world.browser(person)
        self.path = world.url(path)

    def send(self, **more: Any) -> TestResponse:
        return self.browser.post(
            self.path, data={"csrf_token": self.world.token(self.browser), **typed(self.world, **PAPER), **more}
        )


def known(answer: TestResponse) -> str:
    found = re.search(r'name="known"[^>]*value="([^"]*)"', answer.get_data(as_text=True))
    return found[1] if found else ""


def test_I59_the_same_paper_is_asked_about_once_and_registered_when_told(world: World) -> None:
    clerk = Clerk(world)
    first = clerk.send()
    number = world.matter(UUID(first.location.rsplit("/", 1)[1])).number
    again = clerk.send(document_number="市委办[2026]999号", title="关于饮水的 情况反映")
    page = again.get_data(as_text=True)
    assert again.status_code == 422
    assert known(again) == number
    assert "已核对，不是重复" in page
    assert "请认真办理。" in page  # what was typed stays
    assert count(world) == 1
    assert clerk.send(known=number).status_code == 422  # not ticked
    assert clerk.send(known=number, beside="y").status_code == 303
    assert count(world) == 2
    third = clerk.send(known=number, beside="y")  # of another one it was not told
    assert third.status_code == 422
    assert len(known(third).split("、")) == 2


@pytest.mark.parametrize(
    "other", [{"document_number": "市委办〔2026〕998号"}, {"title": "关于停车的情况反映"}, {"leader": "李市长"}]
)
def test_another_paper_is_not_asked_about(world: World, other: dict[str, str]) -> None:
    clerk = Clerk(world)
    clerk.send()
    assert clerk.send(**other).status_code == 303


def test_I59_the_page_fetched_again_leads_to_what_it_has_registered(world: World) -> None:
    clerk = Clerk(world)
    page = clerk.browser.get(clerk.path).get_data(as_text=True)
    key = re.findall(r'name="request_key" value="([^"]+)"', page)
    assert len(set(key)) == 1
    there = clerk.send(request_key=key[0]).location
    back = clerk.browser.get(f"{clerk.path}?key={key[0]}")
    assert (back.status_code, back.location) == (303, there)
    assert clerk.send(request_key=key[0]).location == there  # out of the browser's memory
    assert count(world) == 1
    for other in (Clerk(world, "city.head"), Clerk(world)):
        fresh = other.browser.get(clerk.path if other.browser is clerk.browser else other.path + "?key=" + str(uuid4()))
        assert fresh.status_code == 200
    assert Clerk(world, "city.head").browser.get(f"{clerk.path}?key={key[0]}").status_code == 200  # nobody else's


def test_what_may_not_be_read_is_not_asked_about(world: World) -> None:
    county = Clerk(world, "county.supervisor")
    assert county.send().status_code == 303
    mine = Clerk(world)
    hidden = Clerk(world, "city.head")
    assert hidden.send(confidential="y").status_code == 303
    county2 = Clerk(world, "county.head")
    assert county2.send().status_code == 422  # his own office's
    answer = mine.send(confidential="y")
    assert "温督内" not in answer.get_data(as_text=True)


def test_who_registered_a_confidential_one_is_asked_until_it_is_anothers(world: World) -> None:
    clerk = Clerk(world)
    there = clerk.send(confidential="y").location
    again = clerk.send()
    assert again.status_code == 422
    assert known(again) == world.matter(UUID(there.rsplit("/", 1)[1])).number
    world.assign(UUID(there.rsplit("/", 1)[1]), handler="health.handler")
    assert clerk.send().status_code == 303


@pytest.mark.parametrize("secret", [{}, {"confidential": "y"}], ids=["open", "confidential"])
def test_I59_a_corrected_one_is_recognised_by_the_words_it_has_now(world: World, secret: dict[str, str]) -> None:
    clerk = Clerk(world)
    matter_id = UUID(clerk.send(**secret).location.rsplit("/", 1)[1])
    amend = Clerk(world, path=f"instructions/{matter_id}/amend")
    assert amend.send(title="关于停水的情况反映", version=str(world.matter(matter_id).version)).status_code in (303, 422)
    corrected = Clerk(world, path=f"instructions/{matter_id}/amend")
    if world.matter(matter_id).version == 1:  # what follows was shown first
        assert corrected.send(title="关于停水的情况反映", version="1", seen="").status_code == 303
    assert known(clerk.send(title="关于停水的情况反映")) == world.matter(matter_id).number
    assert clerk.send().status_code == 303


def test_I59_what_a_registration_makes_keeps_the_key_and_nothing_else_does(world: World) -> None:
    key = uuid4()
    there = Clerk(world).send(request_key=str(key)).location
    with world.work():
        assert kept_forms.led_to(world.people["city.supervisor"], key) is None
    assert Clerk(world).browser.get(world.url(f"instructions/register?key={key}")).location == there


def test_a_withdrawn_one_is_registered_again_without_a_question(world: World) -> None:
    clerk = Clerk(world)
    matter_id = UUID(clerk.send().location.rsplit("/", 1)[1])
    data = {"csrf_token": world.token(clerk.browser), "version": world.matter(matter_id).version, "reason": "重复"}
    assert clerk.browser.post(world.url(f"matters/{matter_id}/withdraw"), data=data).status_code == 303
    assert clerk.send().status_code == 303


def test_a_further_round_is_asked_about_where_there_is_one_already(world: World) -> None:
    matter_id = UUID(Clerk(world).send().location.rsplit("/", 1)[1])
    rounds = Clerk(world, path=f"matters/{matter_id}/new-round".replace("matters", "instructions"))
    assert rounds.send().status_code == 303
    answer = rounds.send()
    assert answer.status_code == 422
    assert known(answer)
    assert rounds.send(known=known(answer), beside="y").status_code == 303


def test_what_has_no_number_of_its_own_is_filed_once_too(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register()))
    browser = world.browser("city.supervisor")
    path = world.url(f"matters/{matter_id}/urge")
    key = re.findall(r'name="request_key" value="([^"]+)"', browser.get(path).get_data(as_text=True))[0]
    data = {"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "words": "请抓紧", "request_key": key}
    there = browser.post(path, data=data)
    assert there.status_code == 303
    back = browser.get(f"{path}?key={key}")
    assert (back.status_code, back.location) == (303, there.location)
    assert "没有再办一次" in browser.get(back.location).get_data(as_text=True)
    assert _count(world, Entry, Entry.record_id == matter_id, Entry.kind == "urge") == 1


def test_a_form_without_a_version_is_not_filed_again_and_keeps_what_is_typed(world: World) -> None:
    browser = world.browser("city.secretariat")
    path = world.url("network/drives/new")
    key = str(uuid4())
    until = (clock.today() + timedelta(days=30)).isoformat()
    data = {"title": "推荐联络员", "until": until, "levels": "city", "kinds": "department", "unit": "330300"}
    form = {"csrf_token": world.token(browser), "request_key": key, **data}
    there = browser.post(path, data=form)
    assert there.status_code == 303, there.get_data(as_text=True)
    again = browser.post(path, data=form | {"title": "另一次推荐"}, headers={"Origin": "http://localhost"})
    page = again.get_data(as_text=True)
    assert again.status_code == 409
    assert "另一次推荐" in page
    assert there.location in page
    assert browser.get(f"{path}?key={key}").location == there.location
