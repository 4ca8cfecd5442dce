"""Opening what is confidential takes a fresh confirmation; a reset password suspends it; signing asks for the code too."""

from __future__ import annotations

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from portal.papers.models import Signature
from tests.at_the_door import PASSWORD, csrf_token, give_second_factor, next_code, sign_in
from tests.world import World

TITLE = "关于青砚计划的情况反映"
PASSWORD_WRONG = "不是这个口令-0577"


def test_confirming_is_asked_before_what_is_confidential_opens_and_open_matters_never_ask(world: World) -> None:
    open_one = world.at_work()
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    now = clock.now()
    with clock.set_to(now):
        client = world.browser("health.handler")
        assert TITLE in client.get(world.url(f"matters/{secret}")).get_data(as_text=True)
    with clock.set_to(now + timedelta(minutes=10)):
        client.get(world.url("messages"))
    with clock.set_to(now + timedelta(minutes=16)):
        assert client.get(world.url(f"matters/{open_one}")).status_code == 200
        answer = client.get(world.url(f"matters/{secret}"))
        assert answer.status_code == 303
        assert answer.location == world.url(f"confirm?next=/{world.slug}/matters/{secret}")
        assert client.get(world.url("instructions/export")).status_code == 303
        token = world.token(client)
        kept = client.post(world.url(f"matters/{secret}/acknowledge"), data={"csrf_token": token, "version": "2"})
        assert "/confirm?next=" in kept.location and "/continue/" in kept.location
        form = {"csrf_token": token, "password": PASSWORD_WRONG}
        assert client.post(answer.location, data=form).status_code == 422
        told = client.post(answer.location, data=form | {"password": PASSWORD})
        assert told.location == world.url(f"matters/{secret}")
        assert TITLE in client.get(told.location).get_data(as_text=True)
        assert client.get(world.url("instructions/export")).status_code == 200


def test_a_reset_suspends_what_is_confidential_until_two_officers_have_seen_him(world: World) -> None:
    open_one = world.at_work()
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    with world.work("city.security"):
        once = accounts.give_one_time_password(world.actor("city.security"), world.people["health.handler"])
    client = world.app.test_client()
    sign_in(client, world, "health.handler", once)  # type: ignore[arg-type]
    new = "山外青山-楼外楼-42"
    address = world.url("password")
    form = {"csrf_token": csrf_token(client, address), "password": once, "new_password": new, "repeat_password": new}
    assert client.post(address, data=form).status_code == 303
    desk = client.get(world.url("")).get_data(as_text=True)
    assert "还没有核实身份" in desk
    unread = re.search(r"(\d+) 条未读</", desk)
    listed = client.get(world.url("messages?show=new")).get_data(as_text=True)
    assert unread is not None and re.search(rf"未读\s*(<[^>]*>\s*)*{unread[1]}\s*<", listed), (
        "the desk counts what may be shown, no more"
    )
    assert client.get(world.url(f"matters/{open_one}")).status_code == 200
    for path in (f"matters/{secret}", f"matters/{secret}/slip", f"matters/{secret}/report"):
        assert client.get(world.url(path)).status_code == 404
    for path in ("instructions", "", "messages"):
        page = client.get(world.url(path)).get_data(as_text=True)
        assert TITLE not in page and "督内" not in page, path
    assert TITLE.encode() not in client.get(world.url("instructions/export")).data
    assert client.post(world.url(f"matters/{secret}/acknowledge"), data={"csrf_token": world.token(client)}).status_code == 404
    with world.work("city.security"):
        accounts.confirm_in_person(world.actor("city.security"), world.people["health.handler"])
    assert TITLE in client.get(world.url(f"matters/{secret}")).get_data(as_text=True)
    assert "督内" in client.get(world.url("messages")).get_data(as_text=True)


def test_who_had_a_second_factor_is_confirmed_by_it(world: World) -> None:
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    with world.work("city.security"):
        give_second_factor(world.people["health.handler"])
        once = accounts.give_one_time_password(world.actor("city.security"), world.people["health.handler"])
    client = world.app.test_client()
    sign_in(client, world, "health.handler", once)  # type: ignore[arg-type]
    address, new = world.url("password"), "山外青山-楼外楼-42"
    form = {"csrf_token": csrf_token(client, address), "password": once, "new_password": new, "repeat_password": new}
    assert client.post(address, data=form).status_code == 303
    assert TITLE in client.get(world.url(f"matters/{secret}")).get_data(as_text=True)


def test_a_signature_says_how_its_signer_proved_himself(world: World) -> None:
    matter_id = world.at_work()
    report_id = world.submit(matter_id)
    with world.work():
        give_second_factor(world.people["health.director"])
    client = world.browser("health.director")
    page = client.get(world.url(f"reports/{report_id}")).get_data(as_text=True)
    assert 'name="passcode"' in page
    fields = dict(re.findall(r'name="(step|digest)"[^>]*value="([^"]*)"', page))
    form = {"csrf_token": world.token(client), "password": PASSWORD, **fields}
    address = world.url(f"reports/{report_id}/sign")
    assert client.post(address, data=form).status_code == 422
    assert client.post(address, data=form | {"passcode": "000000"}).status_code == 422
    code = next_code(world.app, world.id, "health.director")
    assert client.post(address, data=form | {"passcode": code}).status_code == 303
    with world.work():
        assert db.session.scalars(select(Signature.authentication).options(as_seen_by(SYSTEM))).all() == ["password+totp"]


def _with_one_time_password(world: World, person: str, once: str, new: str = "山外青山-楼外楼-42") -> FlaskClient:
    client = world.app.test_client()
    sign_in(client, world, person, once)  # type: ignore[arg-type]
    address = world.url("password")
    form = {"csrf_token": csrf_token(client, address), "password": once, "new_password": new, "repeat_password": new}
    assert client.post(address, data=form).status_code == 303
    return client


def test_a_second_factor_set_up_after_the_reset_confirms_nobody(world: World) -> None:
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    with world.work("city.security"):
        once = accounts.give_one_time_password(world.actor("city.security"), world.people["health.handler"])
    client = _with_one_time_password(world, "health.handler", once)
    with world.work():
        give_second_factor(world.people["health.handler"])
    address, newer = world.url("password"), "西湖歌舞-几时休-43"
    form = {"csrf_token": world.token(client), "password": "山外青山-楼外楼-42", "new_password": newer, "repeat_password": newer}
    assert client.post(address, data=form).status_code == 303
    assert client.get(world.url(f"matters/{secret}")).status_code == 404


def test_a_new_password_does_not_stand_for_the_code_that_opens_what_is_confidential(world: World) -> None:
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    now, newer = clock.now(), "西湖歌舞-几时休-43"
    with clock.set_to(now):
        client = world.browser("health.handler")
    with world.work():
        give_second_factor(world.people["health.handler"])
    with clock.set_to(now + timedelta(minutes=10)):
        client.get(world.url())
    with clock.set_to(now + timedelta(minutes=20)):
        form = {"csrf_token": world.token(client), "password": PASSWORD, "new_password": newer, "repeat_password": newer}
        assert client.post(world.url("password"), data=form).status_code == 303
        assert "/confirm" in client.get(world.url(f"matters/{secret}")).location


def test_asking_for_json_does_not_stand_for_a_confirmation(world: World) -> None:
    secret = world.assign(world.register(confidential=True, title=TITLE), handler="health.handler")
    now = clock.now()
    with clock.set_to(now):
        client = world.browser("health.handler")
    with clock.set_to(now + timedelta(minutes=10)):
        client.get(world.url())
    with clock.set_to(now + timedelta(minutes=20)):
        form, headers = {"csrf_token": world.token(client)}, {"Accept": "application/json"}
        for path in (f"matters/{secret}/acknowledge", f"matters/{secret}/progress", "second-factor/begin"):
            assert client.post(world.url(path), data=form, headers=headers).status_code == 403, path
    assert world.matter(secret).state == "assigned"


def test_whoever_is_suspended_opens_nothing_confidential_to_others(world: World) -> None:
    secret = world.register(confidential=True, title=TITLE)
    for person in ("city.head", "health.deputy"):
        with world.work("city.security"):
            once = accounts.give_one_time_password(world.actor("city.security"), world.people[person])
        client = _with_one_time_password(world, person, once)
        form = {"csrf_token": world.token(client)}
        if person == "city.head":
            assert client.get(world.url(f"matters/{secret}")).status_code == 404  # not even the shell
            given = {"unit": "市卫健委", "lead_unit": world.units["health"], "handler": world.people["health.handler2"]}
            assert client.post(world.url(f"matters/{secret}/assign"), data=form | given).status_code in (403, 404)
            assert world.matter(secret).state == "registered"
        else:
            days = {"from_day": clock.today().isoformat(), "to_day": clock.today().isoformat()}
            lent = {
                "post": world.posts[person],
                "to_person": world.people["health.director"],
                "covers_confidential": "y",
                "acts": "all",
            }
            answer = client.post(world.url("delegations"), data=form | days | lent)
            assert answer.status_code == 422
            assert "还没有核实身份" in answer.get_data(as_text=True)
