"""Too often: one password over many names, the same urging again and again, acts that are none of one's own. Each meets a limit
of its own, says so, and leaves others alone."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.audit.models import JournalEntry
from portal.identity.authentication import KNOWN
from portal.identity.pace import MOST_ELSEWHERE, MOST_NAMES, MOST_URGES, NAMES_WITHIN
from portal.importing import previews
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Invalid
from portal.matters import verbs
from portal.matters.workflow import enact
from portal.notify.models import Message
from portal.web.forms import MOST_FILES
from portal.web.refusals import MOST_REFUSED
from portal.workflow.verbs import Said
from tests.at_the_door import PASSWORD, csrf_token, sign_in
from tests.world import World, new_world, world

__all__ = ["new_world", "world"]


def attempt(client: FlaskClient, world: World, token: str, name: str, password: str = "a-guess-2026") -> str:
    answer = client.post(world.url("sign-in"), data={"csrf_token": token, "name": name, "password": password})
    return answer.get_data(as_text=True) if answer.status_code == 422 else str(answer.status_code)


def test_one_password_over_sixty_names_meets_a_limit_of_its_source(world: World) -> None:
    known = world.app.test_client()
    assert sign_in(known, world, "health.liaison").status_code == 303
    stranger = world.app.test_client()
    token = csrf_token(stranger, world.url("sign-in"))
    said = [attempt(stranger, world, token, f"name.{number}") for number in range(60)]
    assert "登录名或口令不对" in said[0]
    refused = [number for number, words in enumerate(said) if "从您所在的网络地址" in words]
    assert refused == list(range(MOST_NAMES, 60))
    assert "从您所在的网络地址" in attempt(stranger, world, token, "health.handler", PASSWORD)
    assert sign_in(known, world, "health.liaison").status_code == 303  # where the name signed in before
    elsewhere = world.app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.9"
    assert sign_in(elsewhere, world, "health.handler").status_code == 303


def test_who_signs_in_rightly_does_not_count(world: World) -> None:
    for _time in range(MOST_NAMES + 2):
        assert sign_in(world.app.test_client(), world, "health.handler").status_code == 303


def test_the_browser_keeps_no_name(world: World) -> None:
    client = world.browser("health.handler")
    client.post(world.url("sign-out"), data={"csrf_token": world.token(client)})
    mark = client.get_cookie(KNOWN)
    assert mark is not None
    with world.app.app_context():
        from portal.identity.authentication import _known_browsers

        said = _known_browsers().loads(mark.value)
    assert "handler" not in str(said) and str(world.id) not in [str(one) for one in said]


def test_urging_again_and_again_is_refused_with_a_sentence(world: World) -> None:
    matter_id, other = world.at_work(), world.at_work()
    for _time in range(MOST_URGES):
        with world.work("city.supervisor"):
            enact(world.actor("city.supervisor"), verbs.URGE, matter_id, Said(words="请抓紧"))
    with world.work("city.supervisor"), pytest.raises(Invalid, match="过于频繁"):
        enact(world.actor("city.supervisor"), verbs.URGE, matter_id, Said(words="请抓紧"))
    with world.work("city.supervisor"):
        enact(world.actor("city.supervisor"), verbs.URGE, other, Said(words="请抓紧"))
    with world.work("city.head"):
        enact(world.actor("city.head"), verbs.URGE, matter_id, Said(words="请抓紧"))
        told = select(func.count()).select_from(Message)
        mine = told.where(Message.person_id == world.people["health.handler"], Message.kind == "urged")
        assert db.session.scalar(mine) == MOST_URGES + 2


def test_as_many_files_as_one_can_look_at(world: World) -> None:
    matter_id = world.at_work()
    browser = world.browser("city.supervisor")
    page = browser.get(world.url(f"matters/{matter_id}/attach"))
    version = re.search(r'name="version"[^>]*value="(\d+)"', page.get_data(as_text=True))
    fields = {"csrf_token": world.token(browser), "version": version[1] if version else ""}
    files = [(BytesIO(b"x"), f"{number}.txt") for number in range(MOST_FILES + 1)]
    answer = browser.post(world.url(f"matters/{matter_id}/attach"), data=fields | {"attachments": files})
    assert answer.status_code == 422
    assert "一次最多上传" in answer.get_data(as_text=True)


def test_as_many_workbooks_wait_as_one_decides_on(world: World) -> None:
    with world.work("city.supervisor"):
        person = world.people["city.supervisor"]
        for number in range(previews.MOST_WAITING):
            kept = previews.keep(person, "instructions", f"{number}.xlsx", {})
        with pytest.raises(Invalid, match="等待决定"):
            previews.keep(person, "instructions", "x.xlsx", {})
        previews.drop(kept)
        db.session.flush()
        previews.keep(person, "instructions", "x.xlsx", {})


def test_what_somebody_may_not_do_is_in_the_journal_and_fills_it_not(world: World) -> None:
    matter_id = world.at_work()
    browser = world.browser("finance.handler")
    token = world.token(browser)
    for path in (f"matters/{matter_id}/progress", f"network/units/{world.units['health']}/appoint"):
        assert browser.post(world.url(path), data={"csrf_token": token}).status_code in (403, 404)
    for _time in range(MOST_REFUSED + 5):
        browser.post(world.url(f"matters/{matter_id}/progress"), data={"csrf_token": token})
    browser.get(world.url(f"matters/{matter_id}"))  # what is merely opened is no act
    with world.work():
        found = db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.city_id == world.id, JournalEntry.act == "refused_act")
            .order_by(JournalEntry.id)
        ).all()
        assert len(found) == MOST_REFUSED
        assert {entry.person_id for entry in found} == {world.people["finance.handler"]}
        assert [entry.after["status"] for entry in found[:2]] == [404, 403]  # type: ignore[index]
        assert found[-1].after["last"] and not found[0].after["last"]  # type: ignore[index]
        assert str(matter_id) not in str([entry.after for entry in found])
        assert clock.now() >= found[-1].at


def test_one_name_tried_from_everywhere_meets_a_limit_and_its_bearer_none_where_he_was_before(world: World) -> None:
    """Each address has its own five tries; together they have so many. Nobody is locked out of his own browser or office."""
    known, own = world.app.test_client(), "198.51.100.7"
    assert sign_in(known, world, "health.handler").status_code == 303
    before = world.app.test_client()
    before.environ_base["REMOTE_ADDR"] = own
    assert sign_in(before, world, "health.handler").status_code == 303

    def from_address(address: str, name: str, password: str) -> str:
        client = world.app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return attempt(client, world, csrf_token(client, world.url("sign-in")), name, password)

    for name in ("health.handler", "no.such.name"):
        said = [from_address(f"203.0.113.{number}", name, "a-guess-2026") for number in range(MOST_ELSEWHERE + 2)]
        refused = [number for number, words in enumerate(said) if "这个登录名在多处登录失败" in words]
        assert refused == [MOST_ELSEWHERE, MOST_ELSEWHERE + 1], name
    assert "这个登录名在多处登录失败" in from_address("203.0.113.99", "health.handler", PASSWORD)
    assert from_address(own, "health.handler", PASSWORD) == "303"
    assert sign_in(known, world, "health.handler").status_code == 303
    with clock.set_to(clock.now() + NAMES_WITHIN):
        assert from_address("203.0.113.99", "health.handler", PASSWORD) == "303"


def test_an_act_that_the_portal_does_not_know_is_in_the_journal_too(world: World) -> None:
    matter_id = world.at_work()
    browser = world.browser("finance.handler")
    token = world.token(browser)
    sent = {"csrf_token": token}
    assert browser.delete(world.url(f"matters/{matter_id}"), headers={"X-CSRFToken": token}).status_code == 405
    assert browser.post(world.url(f"matters/{matter_id}/no-such-act"), data=sent).status_code == 404
    assert browser.post(world.url("delegations"), data=sent | {"reason": "x" * 3_000_000}).status_code == 413
    assert browser.post(world.url(f"matters/{matter_id}/progress"), data={}).status_code == 400  # forged: no page of ours
    assert browser.get(world.url("no-such-page")).status_code == 404
    world.app.test_client().post(world.url("no-such-act"))
    with world.work():
        which = (JournalEntry.city_id == world.id, JournalEntry.act == "refused_act")
        found = db.session.scalars(select(JournalEntry).where(*which).order_by(JournalEntry.id)).all()
    said = [(entry.person_id, entry.after["status"]) for entry in found]  # type: ignore[index]
    assert said == [(world.people["finance.handler"], status) for status in (405, 404, 413, 400)]
    assert str(matter_id) not in str([entry.after for entry in found])
