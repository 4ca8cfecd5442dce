"""E-mail leaves the house: it says the same to everybody, goes out once or not at all, and doubt is shown."""

from __future__ import annotations

import socket
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.audit.models import JournalEntry
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.connections import alone
from portal.kernel.db import db, enter
from portal.notify import channels, delivery, jobs, mail, wakeup
from portal.notify.channels import Outcome
from portal.notify.commands import deliveries as deliveries_commands
from portal.notify.mail import Mail, Patience
from portal.notify.mail_templates import SUBJECT
from portal.notify.models import Delivery, Message
from portal.notify.service import tell
from tests.notify.conftest import PostOffice
from tests.world import World


def told(world: World, key: str = "k", person: str = "health.handler") -> None:
    """That person has one message more, and a letter waiting."""
    with world.work():
        tell(
            "handler_named",
            [world.people[person]],
            key=key,
            facts={"number": "温督〔2026〕7号", "title": "绝密标题", "unit": "市卫健委", "confidential": False},
        )


def deliver(world: World) -> int:
    """A sweep's part, as a worker does it."""
    with world.app.app_context():
        enter(world.id)
        return jobs.send_waiting()


def deliveries(world: World) -> list[Delivery]:
    with world.work():
        return list(db.session.scalars(select(Delivery).where(Delivery.city_id == world.id).order_by(Delivery.id)))


def test_a_letter_says_how_many_are_unread_and_where_and_nothing_else(world: World, by_mail: PostOffice) -> None:
    told(world, "one")
    told(world, "two")
    assert deliver(world) == 2
    assert by_mail.recipients == [f"health.handler@{world.slug}.example"] * 2
    for letter in by_mail.letters:
        assert letter["Subject"] == SUBJECT == "督办通：您有待办事项"
        body = letter.get_content()
        assert "2 条未读消息" in body
        assert f"https://duban.example/{world.slug}/messages" in body
        for word in ("绝密标题", "市卫健委", "温督", "〔2026〕", "承办"):
            assert word not in letter.as_string() + body + letter["Subject"]
    assert by_mail.letters[0].get_content() == by_mail.letters[1].get_content()
    assert len({letter["Message-ID"] for letter in by_mail.letters}) == 2


def test_what_was_sent_is_not_sent_again(world: World, by_mail: PostOffice) -> None:
    told(world)
    assert [deliver(world), deliver(world)] == [1, 0]
    assert len(by_mail.letters) == 1
    assert [d.state for d in deliveries(world)] == ["sent"]


def test_who_has_no_address_or_left_gets_no_letter(world: World, by_mail: PostOffice) -> None:
    told(world, "before")
    with world.work():
        db.session.execute(update(Person).where(Person.id == world.people["health.handler"]).values(active=False))
        db.session.execute(update(Person).where(Person.id == world.people["health.leader"]).values(email=None))
    told(world, "after")
    told(world, "leader", "health.leader")
    assert deliver(world) == 0
    assert [d.state for d in deliveries(world)] == ["dropped"]


def test_a_message_that_was_read_meanwhile_needs_no_letter(world: World, by_mail: PostOffice) -> None:
    told(world)
    with world.work():
        db.session.execute(update(Message).where(Message.city_id == world.id).values(read_at=clock.now()))
    assert deliver(world) == 0
    assert by_mail.letters == []


@pytest.mark.parametrize("where", ["at_recipient", "at_data"])
def test_a_busy_server_is_tried_again_later_with_the_same_message_id(world: World, by_mail: PostOffice, where: str) -> None:
    told(world)
    setattr(by_mail, where, "451 busy")
    assert deliver(world) == 0
    [waiting] = deliveries(world)
    assert (waiting.state, waiting.attempts, waiting.fault) == ("waiting", 1, "SMTP 451")
    setattr(by_mail, where, None)
    assert deliver(world) == 0  # not before the pause is over
    with clock.set_to(clock.now() + timedelta(minutes=1)):
        assert deliver(world) == 1
    assert len(by_mail.letters) == 1


@pytest.mark.parametrize("where", ["at_recipient", "at_data", "instead_of_text"])
def test_a_server_that_refuses_for_days_is_tried_until_it_takes_the_letter(world: World, by_mail: PostOffice, where: str) -> None:
    told(world)
    setattr(by_mail, where, "450 busy")
    for days in range(12):
        with clock.set_to(clock.now() + timedelta(days=days)):
            deliver(world)
    [waiting] = deliveries(world)
    assert (waiting.state, waiting.fault) == ("waiting", "SMTP 450")
    setattr(by_mail, where, None)
    with clock.set_to(clock.now() + timedelta(days=11) + delivery.LONGEST_PAUSE):
        assert deliver(world) == 1
    assert len(by_mail.letters) == 1


def test_what_waits_for_a_closed_channel_costs_no_try_and_goes_when_it_is_opened(world: World, by_mail: PostOffice) -> None:
    for number in range(3):
        told(world, str(number))
    mail = channels._channels.pop("mail")
    for days in range(12):
        with clock.set_to(clock.now() + timedelta(days=days)):
            assert deliver(world) == 0
    assert [(d.state, d.attempts, d.token) for d in deliveries(world)] == [("waiting", 0, 0)] * 3
    channels._channels["mail"] = mail
    assert deliver(world) == 3


def test_a_server_that_is_away_is_asked_once_a_sweep_and_costs_no_letter_a_try(world: World, by_mail: PostOffice) -> None:
    for number in range(3):
        told(world, str(number))
    there = channels._channels["mail"]
    with socket.create_server(("127.0.0.1", 0)) as deaf:  # takes connections and says nothing
        channels._channels["mail"] = Mail(
            f"smtp://127.0.0.1:{deaf.getsockname()[1]}", "a@b.example", "https://x", Patience(answer=0.2)
        )
        began = time.monotonic()
        assert deliver(world) == 0
        assert time.monotonic() - began < 2
    assert sorted(d.fault or "" for d in deliveries(world)) == ["", "", "SMTPServerDisconnected"]
    assert [(d.state, d.attempts) for d in deliveries(world)] == [("waiting", 0)] * 3
    channels._channels["mail"] = there
    assert deliver(world) == 3, "at once"


def test_a_connection_cut_at_data_before_the_text_is_not_doubtful(world: World, by_mail: PostOffice) -> None:
    told(world)
    by_mail.instead_of_text = ""
    assert deliver(world) == 0
    assert [(d.state, d.fault) for d in deliveries(world)] == [("waiting", "SMTPServerDisconnected")]
    by_mail.instead_of_text = None
    with clock.set_to(clock.now() + timedelta(minutes=1)):
        assert deliver(world) == 1
    assert len(by_mail.letters) == 1


def test_there_are_minutes_for_the_last_answer_and_only_seconds_for_those_before(world: World, by_mail: PostOffice) -> None:
    assert mail.PATIENCE.last >= 600, "RFC 5321, 4.5.3.2.6"
    assert mail.PATIENCE.answer <= 30
    assert mail.PATIENCE.before < delivery.LEASE.total_seconds()
    assert mail.PATIENCE.last < delivery.LEASE_OF_TEXT.total_seconds()
    whole = jobs.SENDING + delivery.LEASE.total_seconds() + mail.PATIENCE.last
    assert whole < wakeup.LIMIT, "a sweep ends by itself before RQ ends it"
    told(world)
    by_mail.decides_after = 0.5
    channels._channels["mail"] = Mail(by_mail.url, "a@b.example", "https://x", Patience(answer=0.2, last=5))
    assert deliver(world) == 1
    told(world, "another")
    channels._channels["mail"] = Mail(by_mail.url, "a@b.example", "https://x", Patience(answer=0.2, last=0.2))
    assert deliver(world) == 0
    assert [(d.state, d.fault) for d in deliveries(world)] == [("sent", None), ("doubtful", "SMTPServerDisconnected")]


def test_a_sweep_stops_taking_letters_in_time_and_the_next_one_goes_on(
    world: World, by_mail: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        told(world, str(number))
    by_mail.greets_after = 0.2
    monkeypatch.setattr(jobs, "SENDING", 0.3)
    assert deliver(world) == 2
    assert [d.state for d in deliveries(world)] == ["sent", "sent", "waiting", "waiting"]
    assert deliver(world) == 2


def test_one_sweeper_sends_and_the_others_do_not_wait_for_him(world: World, by_mail: PostOffice) -> None:
    told(world)
    with world.app.app_context(), alone(jobs._SENDER) as mine:
        assert mine
        began = time.monotonic()
        answered = []
        other = threading.Thread(target=lambda: answered.append(deliver(world)))
        other.start()
        other.join()
        assert answered == [0]
        assert time.monotonic() - began < 2
    assert deliver(world) == 1


def test_what_was_refused_for_good_is_counted_listed_and_sent_again_by_a_person(world: World, by_mail: PostOffice) -> None:
    told(world)
    by_mail.at_recipient = "550 no such person health.handler"
    deliver(world)
    [refused] = deliveries(world)
    said = world.app.test_cli_runner().invoke(deliveries_commands, args=["failed"])
    assert f"{world.slug}  {refused.id}  mail  {refused.message_id}" in said.output and "SMTP 550" in said.output
    browser = world.browser("city.system")
    page = browser.get(world.url("officers/health")).get_data(as_text=True)
    assert "有 1 封信件被邮件服务器拒收" in page
    by_mail.at_recipient = None
    assert deliver(world) == 0, "not by itself"
    sends = world.url("officers/health/letters")
    for name in ("city.security", "city.auditor", "health.handler"):
        other = world.browser(name)
        assert other.post(sends, data={"csrf_token": world.token(other)}).status_code == 403
    answer = browser.post(sends, data={"csrf_token": world.token(browser)}, follow_redirects=True)
    assert "1 封信件已重新排队发送" in answer.get_data(as_text=True)
    assert deliver(world) == 1
    assert "拒收" not in browser.get(world.url("officers/health")).get_data(as_text=True).split("<table")[0]
    with world.work():
        [line] = db.session.scalars(select(JournalEntry).where(JournalEntry.city_id == world.id, JournalEntry.act == "send_again"))
    assert line.person_id == world.people["city.system"] and line.after == {"count": 1}


def test_the_operator_may_send_again_by_command(world: World, by_mail: PostOffice) -> None:
    for number in range(2):
        told(world, str(number))
    by_mail.at_data = "554 no"
    deliver(world)
    by_mail.at_data = None
    first, _second = deliveries(world)
    run = world.app.test_cli_runner().invoke
    assert run(deliveries_commands, args=["again", "--city", world.slug, str(first.id)]).output == "1 wait again\n"
    assert f"{world.slug}  {first.id}  mail" in run(deliveries_commands, args=["waiting"]).output
    assert deliver(world) == 1
    assert run(deliveries_commands, args=["again", "--city", world.slug]).output == "1 wait again\n"
    assert deliver(world) == 1


def test_a_refusal_for_good_is_not_repeated(world: World, by_mail: PostOffice) -> None:
    told(world)
    by_mail.at_recipient = "550 no such person health.handler"
    deliver(world)
    [refused] = deliveries(world)
    assert (refused.state, refused.fault) == ("failed", "SMTP 550")


def test_a_server_that_cannot_be_reached_is_tried_again(world: World, by_mail: PostOffice) -> None:
    told(world)
    with world.app.app_context():
        enter(world.id)
        claimed = delivery.claim()
        assert claimed
        db.session.commit()
        parcel = delivery.parcel(claimed)
        assert parcel
        outcome = Mail("smtp://127.0.0.1:9", "a@b.example", "https://x").send(parcel, lambda: True)
    assert outcome == Outcome("away", "ConnectionRefusedError")


def test_a_connection_cut_after_the_text_is_doubtful_listed_and_never_repeated(world: World, by_mail: PostOffice) -> None:
    told(world)
    by_mail.hang_up_after_data = True
    assert deliver(world) == 0
    by_mail.hang_up_after_data = False
    with clock.set_to(clock.now() + timedelta(days=1)):
        assert deliver(world) == 0
    assert len(by_mail.letters) == 1
    [doubtful] = deliveries(world)
    assert (doubtful.state, doubtful.fault) == ("doubtful", "SMTPServerDisconnected")
    said = world.app.test_cli_runner().invoke(deliveries_commands, args=["doubtful"])
    assert said.exit_code == 0, said.output
    assert f"{world.slug}  {doubtful.id}  mail  {doubtful.message_id}" in said.output
    assert ".example" not in said.output


@pytest.mark.parametrize("begun", [False, True])
def test_a_claim_that_was_never_marked_is_given_back_or_doubtful_and_its_late_owner_may_not_send(
    world: World, by_mail: PostOffice, begun: bool
) -> None:
    told(world)
    with world.app.app_context():
        enter(world.id)
        claimed = delivery.claim()
        assert claimed
        db.session.commit()
        assert delivery.claim() is None  # nobody else gets it
        db.session.rollback()
        assert not begun or delivery.begin(claimed)
        db.session.commit()
        with clock.set_to(clock.now() + max(delivery.LEASE, delivery.LEASE_OF_TEXT) + timedelta(seconds=1)):
            sent = jobs.send_waiting()
            assert delivery.parcel(claimed) is None  # looked at again just before sending
            assert not delivery.begin(claimed)
            db.session.commit()
        assert sent == (0 if begun else 1)
        assert [d.delivery_id for d in delivery.listed("doubtful")] == ([claimed.delivery_id] if begun else [])
        delivery.mark(claimed, Outcome("sent"))  # but if he had sent it already, he says so
        db.session.commit()
        assert delivery.listed("doubtful") == []
        delivery.mark(delivery.Claim(claimed.delivery_id, claimed.token + 7), Outcome("refused"))
        db.session.commit()
    assert [d.state for d in deliveries(world)] == ["sent"]
    assert len(by_mail.letters) == (0 if begun else 1)
