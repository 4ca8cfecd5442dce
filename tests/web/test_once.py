"""What is sent twice is done once: every address that takes a form has it keyed, or needs no key and says why."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Entry
from portal.network.models import Absence, Delegation
from portal.web.cities import OUTSIDE
from tests.at_the_door import Browser
from tests.world import World

# Addresses that take a form without a key, and why none is needed.
KEYLESS = {
    "it carries the version that was read, and moves it": {
        "matters.acknowledge", "matters.begin_report", "matters.save_report", "notify.save_settings",
    },
    "it names the step that waits, which is taken once": {"matters.sign_report", "matters.send_back"},
    "it names what it ends, decides or fetches, which happens once": {
        "instructions.assign_imported", "instructions.assign_picked", "instructions.carry_out_import",
        "matters.end_grant", "network.cancel_change", "network.carry_out_import", "network.end_absence",
        "network.end_delegation", "network.fetch_passwords", "notify.confirm_address", "officers.agree",
        "officers.confirm_clock", "officers.refuse", "officers.send_again", "officers.withdraw", "liaisons.close_drive",
        "staffing.decide_appointments", "staffing.end_lent", "staffing.receive", "liaisons.send_back_nomination",
        "staffing.withdraw_appointment", "identity.drop", "identity.end_others", "identity.end_session", "officers.end_sessions",
    },
    "twice is as once": {
        "identity.acting_post", "identity.language", "identity.sign_out", "notify.open_message", "notify.read_all",
        "staffing.confirm_contact",
    },
    "it asks who is there, each time": {
        "identity.begin_second_factor", "identity.change_password", "identity.confirm", "identity.end_second_factor",
        "identity.enter", "identity.enter_code", "identity.renew_recovery_codes", "identity.set_up_second_factor",
    },
}  # fmt: skip


def test_every_form_is_keyed_or_needs_no_key(world: World) -> None:
    views = world.app.view_functions
    posts = {rule.endpoint for rule in world.app.url_map.iter_rules() if "POST" in (rule.methods or ())} - OUTSIDE
    bare = {endpoint for endpoint in posts if not views[endpoint].once}  # type: ignore[attr-defined]
    excused = set().union(*KEYLESS.values())
    assert bare - excused == set(), "each makes something twice when sent twice, or stands in KEYLESS"
    assert excused - bare == set(), "they are keyed, or no more"
    assert sum(map(len, KEYLESS.values())) == len(excused)


def _there(answer: TestResponse) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.location)


def key_of(page: str) -> str:
    found = set(re.findall(r'name="request_key" value="([^"]+)"', page))
    assert len(found) == 1
    return found.pop()


class NoScript(FlaskClient):
    """A browser without script that follows nothing by itself: what it is sent on to is looked at."""


def without_script(world: World, person: str) -> NoScript:
    browser = NoScript(world.app, world.app.response_class, use_cookies=True)
    known = world.browser(person).get_cookie("duban")
    assert known is not None
    browser.set_cookie("duban", known.value)
    return browser


def test_a_page_gets_its_key_without_script(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register()))
    browser = without_script(world, "city.supervisor")
    asked = world.url(f"matters/{matter_id}/urge")
    there = _there(browser.get(f"{asked}?from=desk"))
    assert (urlsplit(there).path, "from=desk&key=" in there) == (asked, True)
    page = browser.get(there)
    assert page.status_code == 200
    shown = page.get_data(as_text=True)
    assert f"key={key_of(shown)}" in there
    assert _there(browser.get(f"{asked}?key=none-at-all")) != there


def test_only_the_pages_own_form_bears_its_key(world: World) -> None:
    matter_id = world.name_handler(world.assign(world.register()))
    shown = world.browser("city.supervisor").get(world.url(f"matters/{matter_id}/urge")).get_data(as_text=True)
    assert shown.count('name="request_key"') == 1
    forms = re.findall(r"<form.*?</form>", shown, re.DOTALL)
    for form in forms:
        if "/language" in form or "/sign-out" in form or "/acting-post" in form:
            assert "request_key" not in form
    assert not re.search(r'name="next" value="[^"]*key=', shown)


def _urges(world: World, matter_id: UUID) -> int:
    return _count(world, Entry.id, Entry.record_id == matter_id, Entry.kind == "urge")


def _count(world: World, column: Any, *which: Any) -> int:
    with world.work():
        return db.session.scalar(select(func.count(column)).where(*which).options(as_seen_by(SYSTEM))) or 0


@pytest.mark.parametrize("confidential", [False, True])
def test_urged_by_a_slow_double_click_and_by_back_it_is_urged_once(world: World, confidential: bool) -> None:
    if confidential:
        matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    else:
        matter_id = world.name_handler(world.assign(world.register()))
    browser = without_script(world, "city.supervisor")
    page = _there(browser.get(world.url(f"matters/{matter_id}/urge")))
    form = {
        "csrf_token": world.token(browser),
        "version": world.matter(matter_id).version,
        "request_key": key_of(browser.get(page).get_data(as_text=True)),
        "words": "请抓紧",
    }
    ours = {"Origin": "http://localhost"}
    _there(browser.post(urlsplit(page).path, data=form, headers=ours))
    twice = browser.post(urlsplit(page).path, data=form, headers=ours)
    assert twice.status_code == 409
    said = twice.get_data(as_text=True)
    assert "已经提交过" in said
    assert str(matter_id) in said
    assert _there(browser.get(page)) == world.url(f"matters/{matter_id}")
    assert _urges(world, matter_id) == 1
    # Whoever means another one sends it from the page that has told him so, and sees first what has changed.
    again = form | {"request_key": key_of(said)}
    answer = browser.post(urlsplit(page).path, data=again, headers=ours)
    assert answer.status_code == 409
    redrawn = again | {"version": world.matter(matter_id).version, "request_key": key_of(answer.get_data(as_text=True))}
    _there(browser.post(urlsplit(page).path, data=redrawn, headers=ours))
    assert _urges(world, matter_id) == 2


def test_what_is_sent_again_on_purpose_is_not_refused_for_ever(world: World) -> None:
    browser = world.browser("city.secretariat")
    path = world.url("network/drives/new")
    until = (clock.today() + timedelta(days=30)).isoformat()
    data = {"title": "推荐联络员", "until": until, "levels": "city", "kinds": "department", "unit": "330300"}
    form = {"csrf_token": world.token(browser), "request_key": key_of(browser.get(path).get_data(as_text=True)), **data}
    ours = {"Origin": "http://localhost"}
    first = _there(browser.post(path, data=form))
    refused = browser.post(path, data=form | {"title": "另一次推荐"}, headers=ours).get_data(as_text=True)
    again = form | {"title": "另一次推荐", "request_key": key_of(refused)}
    assert _there(browser.post(path, data=again, headers=ours)) != first


def test_a_delegation_and_an_absence_are_filed_once(world: World) -> None:
    browser: Browser = world.browser("health.handler")  # type: ignore[assignment]
    path, token = world.url("delegations"), world.token(browser)
    days = {"from_day": clock.today().isoformat(), "to_day": (clock.today() + timedelta(days=3)).isoformat()}
    post, person = world.posts["health.handler"], world.people["health.handler2"]
    form = {"csrf_token": token, "post": post, "to_person": person, "acts": "all", **days}
    form["request_key"] = key_of(browser.get(path).get_data(as_text=True))
    _there(browser.post(path, data=form))
    twice = browser.post(path, data=form)
    assert (twice.status_code, "已经提交过" in twice.get_data(as_text=True)) == (409, True)
    assert _count(world, Delegation.id, Delegation.city_id == world.id) == 1
    away = {"csrf_token": token, "from_on": days["from_day"], "last_on": days["to_day"], "note": "学习"}
    away["request_key"] = key_of(browser.get(path).get_data(as_text=True))
    _there(browser.post(world.url("absences"), data=away))
    assert browser.post(world.url("absences"), data=away).status_code == 409
    assert _count(world, Absence.id, Absence.city_id == world.id) == 1
    assert _there(browser.get(world.url("absences"))) == path
