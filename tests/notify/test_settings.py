"""How one is told: set by oneself for oneself, by group of messages and channel; what the law says stays."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select

from portal.audit.models import JournalEntry
from portal.kernel.db import db
from portal.notify.models import Message, NotificationSetting
from portal.notify.service import tell
from portal.registry.messages import MESSAGES, Group
from tests.notify.conftest import PostOffice
from tests.notify.test_mail import deliver, deliveries
from tests.world import World

HANDLER = "health.handler"
LEGAL = [group for group in Group if group.legal]


def chosen(version: int = 0, **more: str) -> dict[str, str]:
    """What the page posts when nothing was changed, and what was."""
    ways = {f"mail_{group}": "digest" if group is Group.RESULTS else "now" for group in Group if not group.legal}
    return {"version": str(version), "quiet_from": "", "quiet_to": "", **ways, **more}


def save(world: World, browser: FlaskClient, **said: Any) -> Any:
    return browser.post(world.url("messages/settings"), data={"csrf_token": world.token(browser)} | chosen(**said))


def setting(world: World, person: str = HANDLER) -> NotificationSetting | None:
    with world.work():
        return db.session.scalars(
            select(NotificationSetting).where(NotificationSetting.person_id == world.people[person])
        ).one_or_none()


def told(world: World, kind: str, key: str = "k", *persons: str) -> None:
    with world.work():
        tell(kind, [world.people[person] for person in persons or (HANDLER,)], key=key, facts={"title": "加装电梯"})


def test_every_group_holds_kinds_of_messages() -> None:
    assert {known.group for known in MESSAGES} == set(Group)


def test_what_the_ladder_urging_and_the_account_say_is_legal() -> None:
    legal = {known.name for known in MESSAGES if known.group in LEGAL}
    assert legal == {
        "due_soon",
        "due_today",
        "overdue",
        "not_acknowledged",
        "urged",
        "instruct_again",
        "locked_out",
        "codes_guessed",
        "address_asked",
        "password_reset",
        "second_factor_ended",
        "sensitive_proposed",
        "sensitive_asked",
        "sensitive_decided",
        "account_concerns_you",
        "account_of_yours",
        "account_restored",
        "person_confirmed",
        "officer_appointed",
    }


def test_the_page_shows_each_group_and_says_beside_what_is_locked_why(world: World, by_mail: PostOffice) -> None:
    page = world.browser(HANDLER).get(world.url("messages/settings")).get_data(as_text=True)
    for group in Group:
        assert str(group.words.label) in page
        assert (f'name="mail_{group}"' in page) is not group.legal
    assert page.count("立即，不能更改") == len(LEGAL)
    assert "依据：本市期限规则中的提醒阶梯" in page
    assert f"{HANDLER}@{world.slug}.example" in page
    assert re.search(r'<option selected value="digest">早间汇总', page)


def test_without_any_channel_the_page_says_that_the_portal_is_the_only_one(world: World) -> None:
    page = world.browser(HANDLER).get(world.url("messages/settings")).get_data(as_text=True)
    assert "消息只在门户中显示" in page
    assert "保存设置" not in page


def test_the_page_is_linked_from_the_messages_and_from_ones_own_menu(world: World) -> None:
    page = world.browser(HANDLER).get(world.url("messages")).get_data(as_text=True)
    assert page.count(f'href="{world.url("messages/settings")}"') == 3


def test_what_was_chosen_is_kept_shown_again_and_in_the_journal(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    answer = save(world, browser, mail_tasks="digest", mail_office="off", quiet_from="22:00", quiet_to="07:00", quiet_days_off="y")
    assert (answer.status_code, answer.location) == (303, world.url("messages/settings"))
    kept = setting(world)
    assert kept
    assert (kept.ways["mail"]["tasks"], kept.ways["mail"]["office"]) == ("digest", "off")
    assert (kept.quiet_from, kept.quiet_to, kept.quiet_days_off, kept.version) == (time(22), time(7), True, 1)
    page = browser.get(world.url("messages/settings")).get_data(as_text=True)
    assert 'value="22:00"' in page
    assert re.search(r'<option selected value="off">不发', page)
    with world.work():
        entry = db.session.scalars(
            select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "settle_notification")
        ).one()
        assert entry.before and entry.after
        assert (entry.before["ways"], entry.after["ways"]["mail"]["office"]) == ({}, "off")
    assert setting(world, "health.director") is None


def test_it_holds_for_the_next_message_and_not_for_what_is_on_its_way(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    told(world, "handler_named", "before")
    save(world, browser, mail_tasks="off")
    told(world, "handler_named", "after")
    assert [d.state for d in deliveries(world)] == ["waiting"]
    assert deliver(world) == 1
    with world.work():
        assert len(db.session.scalars(select(Message).where(Message.city_id == world.id)).all()) == 2


def test_what_was_switched_off_still_stands_in_the_portal(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    save(world, browser, mail_tasks="off")
    told(world, "handler_named")
    assert deliveries(world) == []
    assert "交您承办，请签收：加装电梯" in browser.get(world.url("messages")).get_data(as_text=True)


@pytest.mark.parametrize("group", LEGAL)
@pytest.mark.parametrize("way", ["off", "digest"])
def test_a_legal_reminder_cannot_be_silenced_by_a_forged_post(world: World, by_mail: PostOffice, group: Group, way: str) -> None:
    browser = world.browser(HANDLER)
    answer = save(world, browser, mail_tasks="off", **{f"mail_{group}": way})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "这类消息必须立即送达，不能汇总，也不能不发" in page
    assert re.search(r'<option selected value="off">', page)  # what was chosen besides comes back
    assert setting(world) is None


@pytest.mark.parametrize(("said", "sentence"), [
    ({"mail_tasks": "shouted"}, "请选择一种方式"),
    ({"mail_tasks": ""}, "请选择一种方式"),
    ({"quiet_from": "22:00"}, "起止时间须一并填写"),
    ({"quiet_to": "07:00"}, "起止时间须一并填写"),
    ({"quiet_from": "22:00", "quiet_to": "22:00"}, "起止时间不能相同"),
    ({"quiet_from": "22:00", "quiet_to": "09:00"}, "静默时段不能占用办公时间"),
    ({"quiet_from": "12:00", "quiet_to": "14:00"}, "静默时段不能占用办公时间"),
    ({"quiet_from": "17:00", "quiet_to": "07:00"}, "静默时段不能占用办公时间"),
])  # fmt: skip
def test_what_cannot_be_is_refused_with_a_sentence(world: World, by_mail: PostOffice, said: dict[str, str], sentence: str) -> None:
    answer = save(world, world.browser(HANDLER), mail_office="off", **said)
    assert answer.status_code == 422
    assert sentence in answer.get_data(as_text=True)
    assert setting(world) is None


@pytest.mark.parametrize("said", ["25:00", "abc", "22:00:00:00", "２２：００", "22:00\x00"])
def test_a_time_that_is_none_is_refused(world: World, by_mail: PostOffice, said: str) -> None:
    answer = save(world, world.browser(HANDLER), quiet_from=said, quiet_to="07:00")
    assert answer.status_code == 422
    assert "请按 22:00 的样子填写" in answer.get_data(as_text=True)
    assert setting(world) is None


def test_what_was_saved_in_another_tab_meanwhile_is_not_overwritten(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    save(world, browser, mail_tasks="digest")
    answer = save(world, browser, version=0, mail_tasks="off")
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "消息设置刚在另一个页面改过" in page
    assert re.search(r'<option selected value="off">', page)
    kept = setting(world)
    assert kept and kept.ways["mail"]["tasks"] == "digest"
    assert 'name="version" value="1"' in page
    assert save(world, browser, version=1, mail_tasks="off").status_code == 303


def test_the_same_choice_sent_twice_is_one(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    assert [save(world, browser, mail_tasks="off").status_code for _time in range(2)] == [303, 303]
    kept = setting(world)
    assert kept and kept.version == 1


def test_nobody_settles_anything_for_anybody_else(world: World, by_mail: PostOffice, new_world: Any) -> None:
    save(world, world.browser(HANDLER), mail_tasks="off")
    assert setting(world, "finance.handler") is None
    assert world.app.test_client().get(world.url("messages/settings")).status_code == 303  # to sign in
    other = new_world()
    assert world.browser(HANDLER).get(other.url("messages/settings")).status_code == 303
    forged = world.browser("finance.handler").post(world.url("messages/settings"), data=chosen(mail_tasks="off"))
    assert forged.status_code in (400, 403)
    assert setting(world, "finance.handler") is None


def test_many_people_are_told_in_as_many_statements_as_one(world: World, by_mail: PostOffice) -> None:
    def statements(key: str, *persons: str) -> int:
        seen: list[str] = []
        listener = lambda *said: seen.append(said[2])
        with world.work():
            engine = db.engine
            event.listen(engine, "before_cursor_execute", listener)
            try:
                tell("handler_named", [world.people[person] for person in persons], key=key, facts={"title": "件"})
            finally:
                event.remove(engine, "before_cursor_execute", listener)
        return len(seen)

    statements("warm", "health.director")
    assert statements("one", HANDLER) == statements("many", *[p for p in world.people if p != HANDLER]) <= 4


def test_the_page_costs_few_statements(world: World, by_mail: PostOffice) -> None:
    browser = world.browser(HANDLER)
    save(world, browser, mail_tasks="off")
    with world.work():
        engine = db.engine
    seen: list[str] = []
    listener = lambda *said: seen.append(said[2])
    event.listen(engine, "before_cursor_execute", listener)
    try:
        browser.get(world.url("messages/settings"))
    finally:
        event.remove(engine, "before_cursor_execute", listener)
    assert len(seen) <= 8, seen
