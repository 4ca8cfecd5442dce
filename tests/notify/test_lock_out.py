"""A lock-out is told to whom the name belongs, once; the door answers a stranger as if there were nobody."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import event, select, update

from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.notify import jobs
from portal.notify.kinds import text_of
from portal.notify.mail_templates import SUBJECT
from portal.notify.models import Message
from tests.at_the_door import PASSWORD, csrf_token
from tests.notify.conftest import PostOffice
from tests.world import World

NOON = clock.at(date(2026, 11, 23), 12)


def stranger(world: World, address: str = "192.0.2.7") -> FlaskClient:
    client = world.app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def guess(world: World, client: FlaskClient, name: str, times: int = 5) -> list[str]:
    """Wrong passwords for this name; what the page answers each time."""
    address = world.url("sign-in")
    token = csrf_token(client, address)
    return [
        client.post(address, data={"csrf_token": token, "name": name, "password": "a guess"}).get_data(as_text=True)
        for _time in range(times)
    ]


def sweep(world: World) -> None:
    """As a worker does it, twice over."""
    for _time in range(2):
        with world.app.app_context():
            enter(world.id)
            jobs.sweep_city()


def lock_outs(world: World) -> list[Message]:
    with world.work():
        return list(
            db.session.scalars(
                select(Message).where(Message.city_id == world.id, Message.kind == "locked_out").order_by(Message.at)
            )
        )


def test_who_is_locked_out_is_told_once_and_led_to_his_sign_ins(world: World) -> None:
    with clock.set_to(NOON):
        client = stranger(world)
        guess(world, client, "health.handler", 4)
        sweep(world)
        assert lock_outs(world) == []
        guess(world, client, "health.handler", 3)
        sweep(world)
    [message] = lock_outs(world)
    assert (message.person_id, message.at) == (world.people["health.handler"], NOON)
    with world.app.test_request_context(), force_locale("zh"):
        assert text_of(message.kind, message.facts) == "您的登录名因连续 5 次输错口令被锁定；如不是本人，请报告"
    browser = world.browser("health.handler")
    assert browser.get(world.url(f"messages/{message.id}/open")).location == world.url("sign-ins")


def test_another_lock_out_is_told_again(world: World) -> None:
    client = stranger(world)
    for minutes in (0, 20):
        with clock.set_to(NOON + timedelta(minutes=minutes)):
            guess(world, client, "health.handler")
            sweep(world)
    with clock.set_to(NOON + timedelta(minutes=20)):
        guess(world, stranger(world, "192.0.2.8"), "health.handler")
        sweep(world)
    assert [message.at for message in lock_outs(world)] == [NOON, *[NOON + timedelta(minutes=20)] * 2]


def test_an_invented_name_and_somebody_who_left_are_told_nothing(world: World) -> None:
    with world.work():
        db.session.execute(update(Person).where(Person.id == world.people["health.leader"]).values(active=False))
    for name in ("nobody.of.this.name", "health.leader"):
        guess(world, stranger(world), name)
    sweep(world)
    assert lock_outs(world) == []


@pytest.mark.parametrize("name", ["nobody.of.this.name", "health.leader"])
def test_the_door_answers_a_stranger_as_if_there_were_nobody(world: World, name: str) -> None:
    with world.work():
        db.session.execute(update(Person).where(Person.id == world.people["health.leader"]).values(active=False))
        engine = db.engine
    seen: list[str] = []
    listener = lambda *said: seen.append(said[2])
    answers, statements = [], []
    with clock.set_to(NOON):
        for one in ("health.handler", name):
            client = stranger(world)
            token = csrf_token(client, world.url("sign-in"))
            event.listen(engine, "before_cursor_execute", listener)
            try:
                pages = [
                    client.post(world.url("sign-in"), data={"csrf_token": token, "name": one, "password": "a guess"})
                    for _time in range(6)
                ]
            finally:
                event.remove(engine, "before_cursor_execute", listener)
            answers.append([page.get_data(as_text=True).replace(token, "").replace(one, "") for page in pages])
            statements.append([statement.split("(")[0] for statement in seen])
            seen.clear()
    assert "已锁定到 12:15" in answers[0][4]
    assert statements[0] == statements[1]
    assert [_without_numbers(page) for page in answers[0]] == [_without_numbers(page) for page in answers[1]]


def _without_numbers(page: str) -> str:
    """Without the token of the form, which is another on every page."""
    return "\n".join(line for line in page.splitlines() if "csrf_token" not in line)


def test_codes_guessed_by_somebody_who_knows_the_password_are_told_as_that(world: World) -> None:
    with clock.set_to(NOON):
        for number in range(5):
            client = stranger(world, f"192.0.2.{number + 1}")
            token = csrf_token(client, world.url("sign-in"))
            client.post(world.url("sign-in"), data={"csrf_token": token, "name": "city.security", "password": PASSWORD})
            client.post(world.url("sign-in/code"), data={"csrf_token": token, "passcode": "000000"})
        sweep(world)
    assert lock_outs(world) == []
    with world.work():
        [message] = db.session.scalars(select(Message).where(Message.city_id == world.id, Message.kind == "codes_guessed"))
    assert message.person_id == world.people["city.security"]
    with world.app.test_request_context(), force_locale("zh"):
        assert text_of(message.kind, message.facts).startswith("有人输对了您的口令，但连续 5 次输错动态口令")


def test_the_letter_says_no_more_than_any_other(world: World, by_mail: PostOffice) -> None:
    guess(world, stranger(world), "health.handler")
    sweep(world)
    [letter] = [one for one in by_mail.letters if one["To"] == f"health.handler@{world.slug}.example"]
    assert letter["Subject"] == SUBJECT
    assert "锁定" not in letter.get_content()
