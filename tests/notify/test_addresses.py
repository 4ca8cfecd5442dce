"""One's own mail address: changed by oneself, with a code that comes to the new one by real mail."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from portal.audit.models import JournalEntry
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db
from portal.notify.mail_templates import CODE_SUBJECT, SUBJECT
from portal.notify.models import AddressChange, Message
from tests.notify.conftest import PostOffice
from tests.notify.test_mail import deliver, deliveries
from tests.world import World

HANDLER, NEW = "health.handler", "zhou@wz.example"


def old(world: World) -> str:
    return f"{HANDLER}@{world.slug}.example"


def present(world: World) -> str | None:
    with world.work():
        return db.session.scalar(select(Person.email).where(Person.id == world.people[HANDLER]))


def post(world: World, browser: FlaskClient, path: str, **said: str) -> Any:
    return browser.post(world.url(path), data={"csrf_token": world.token(browser)} | said)


def ask(world: World, browser: FlaskClient, address: str = NEW) -> Any:
    return post(world, browser, "messages/settings/addresses/mail", address=address)


def asked(world: World, browser: FlaskClient, address: str = NEW) -> str:
    """The path of the page that wants the code."""
    answer = ask(world, browser, address)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert re.fullmatch(world.url("messages/settings/address-changes/") + r"[0-9a-f\-]{36}", answer.location)
    return str(answer.location).removeprefix(world.url())


def code_in(office: PostOffice, address: str = NEW) -> str:
    """The code in the last letter to this address."""
    letter = [letter for letter in office.letters if letter["To"] == address][-1]
    found = re.search(r"验证码：(\d{6})，", letter.get_content())
    assert found
    return found[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_the_code_comes_by_mail_and_the_address_counts_once_it_is_sent_back(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    path = asked(world, browser)
    assert present(world) == old(world)
    assert deliver(world) == 2
    assert f"验证码已发往 {NEW}" in browser.get(world.url(path)).get_data(as_text=True)
    answer = post(world, browser, path, code=f" {code_in(by_mail)} ")
    assert (answer.status_code, answer.location) == (303, world.url("messages/settings"))
    assert present(world) == NEW
    page = browser.get(answer.location).get_data(as_text=True)
    assert NEW in page
    assert "收信地址已更换" in page
    with world.work():
        acts = db.session.scalars(
            select(JournalEntry)
            .where(JournalEntry.city_id == world.id, JournalEntry.act.in_(("ask_address", "change_address")))
            .order_by(JournalEntry.id)
        ).all()
    assert [entry.act for entry in acts] == ["ask_address", "change_address"]
    assert acts[1].after == {"channel": "mail", "address": "z***@wz.example"}


def test_the_old_address_and_the_portal_are_told_without_the_code(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    asked(world, browser)
    deliver(world)
    [told] = [letter for letter in by_mail.letters if letter["To"] == old(world)]
    [sent] = [letter for letter in by_mail.letters if letter["To"] == NEW]
    assert (told["Subject"], sent["Subject"]) == (SUBJECT, CODE_SUBJECT)
    code = code_in(by_mail)
    assert code not in told.as_string() + told.get_content() + sent["Subject"]
    assert world.slug not in sent.get_content()
    page = browser.get(world.url("messages")).get_data(as_text=True)
    assert "您申请把收信地址改为 z***@wz.example；如不是本人，请报告" in page
    with world.work():
        [message] = db.session.scalars(select(Message).where(Message.city_id == world.id)).all()
    assert browser.get(world.url(f"messages/{message.id}/open")).location == world.url("messages/settings")


def test_the_code_is_kept_nowhere_and_sent_once(world: World, by_mail: PostOffice) -> None:
    asked(world, world.browser(HANDLER))
    deliver(world)
    assert deliver(world) == 0
    code = code_in(by_mail)
    with world.work():
        change = db.session.scalars(select(AddressChange).where(AddressChange.city_id == world.id)).one()
    assert code not in " ".join(str(value) for value in vars(change).values() if not isinstance(value, UUID))


def test_a_wrong_code_is_counted_and_the_fifth_ends_it(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    path = asked(world, browser)
    deliver(world)
    code = code_in(by_mail)
    for left in (4, 3, 2, 1):
        answer = post(world, browser, path, code=wrong(code))
        assert answer.status_code == 422
        assert f"验证码不对，还可试 {left} 次" in answer.get_data(as_text=True)
    assert "验证码不对，已失效" in post(world, browser, path, code=wrong(code)).get_data(as_text=True)
    answer = post(world, browser, path, code=code)
    assert answer.status_code == 422
    assert "验证码已失效，请重新申请" in answer.get_data(as_text=True)
    assert present(world) == old(world)


def test_a_code_runs_out_after_half_an_hour(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    path = asked(world, browser)
    deliver(world)
    with world.work():
        db.session.execute(update(AddressChange).values(asked_at=clock.now() - timedelta(minutes=31)))
    answer = post(world, browser, path, code=code_in(by_mail))
    assert answer.status_code == 422
    assert present(world) == old(world)


def test_a_code_that_ran_out_before_it_was_sent_is_not_sent(world: World, by_mail: PostOffice) -> None:
    asked(world, world.browser(HANDLER))
    with world.work():
        db.session.execute(update(AddressChange).values(asked_at=clock.now() - timedelta(minutes=31)))
    deliver(world)
    assert [letter["To"] for letter in by_mail.letters] == [old(world)]
    assert sorted(d.state for d in deliveries(world)) == ["dropped", "sent"]


def test_asking_again_ends_what_was_asked_before(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    first = asked(world, browser)
    deliver(world)
    code = code_in(by_mail)
    second = asked(world, browser, "lin@wz.example")
    deliver(world)
    assert post(world, browser, first, code=code).status_code == 422
    assert post(world, browser, second, code=code_in(by_mail, "lin@wz.example")).status_code == 303
    assert present(world) == "lin@wz.example"


def test_the_same_code_sent_twice_changes_nothing_more(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    path = asked(world, browser)
    deliver(world)
    code = code_in(by_mail)
    assert [post(world, browser, path, code=code).status_code for _time in range(2)] == [303, 303]
    with world.work():
        assert (
            len(
                db.session.scalars(
                    select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "change_address")
                ).all()
            )
            == 1
        )


def test_at_most_five_are_asked_for_in_a_day(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    for number in range(5):
        asked(world, browser, f"n{number}@wz.example")
    answer = ask(world, browser, "n5@wz.example")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "一天最多申请 5 次" in page
    assert 'value="n5@wz.example"' in page


@pytest.mark.parametrize("typed", [
    "", "   ", "nobody", "a@b@c.example", "张三@wz.example", "a@wz.example\r\nBcc: b@wz.example", "a b@wz.example",
    "<script>@wz.example", "a@" + "x" * 130 + ".example", "a@wz.example, b@wz.example", "a@wz．example", "a@\u202egz.example",
])  # fmt: skip
def test_what_cannot_be_an_address_is_refused_and_nothing_is_sent(world: World, by_mail: PostOffice, typed: str) -> None:
    answer = ask(world, world.browser(HANDLER), typed)
    assert answer.status_code == 422
    assert 'class="field-error"' in answer.get_data(as_text=True)
    assert deliveries(world) == []


def test_the_present_address_is_not_asked_for_again(world: World, by_mail: PostOffice) -> None:
    answer = ask(world, world.browser(HANDLER), old(world))
    assert answer.status_code == 422
    assert "现在用的就是这个地址" in answer.get_data(as_text=True)


def test_anybody_elses_request_is_not_found(world: World, by_mail: PostOffice) -> None:
    path = asked(world, world.browser(HANDLER))
    deliver(world)
    stranger = world.browser("finance.handler")
    assert stranger.get(world.url(path)).status_code == 404
    assert post(world, stranger, path, code=code_in(by_mail)).status_code == 404
    assert stranger.get(world.url(f"messages/settings/address-changes/{uuid4()}")).status_code == 404
    with world.work():
        assert db.session.scalars(select(AddressChange.tries)).all() == [0]
    assert present(world) == old(world)


def test_a_channel_that_is_not_open_is_not_found(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    for channel in ("pager", "x" * 12, "x" * 13):
        assert browser.get(world.url(f"messages/settings/addresses/{channel}")).status_code == 404
        assert post(world, browser, f"messages/settings/addresses/{channel}", address=NEW).status_code == 404


def test_a_post_from_elsewhere_asks_for_nothing(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    answer = browser.post(world.url("messages/settings/addresses/mail"), data={"address": NEW})
    assert answer.status_code in (400, 403)
    assert deliveries(world) == []


def test_who_has_no_address_yet_gets_one(world: World, by_mail: PostOffice) -> None:
    with world.work():
        db.session.execute(update(Person).where(Person.id == world.people[HANDLER]).values(email=None))
    browser = world.browser(HANDLER)
    assert "没有地址，收不到" in browser.get(world.url("messages/settings")).get_data(as_text=True)
    path = asked(world, browser)
    assert deliver(world) == 1
    assert post(world, browser, path, code=code_in(by_mail)).status_code == 303
    assert present(world) == NEW
