"""E-mail leaves the house: it says the same to everybody, goes out once or not at all, and doubt is shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.commands.deliveries import deliveries as deliveries_commands
from portal.identity.models import Person
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.notify import delivery, jobs
from portal.notify.channels import Outcome
from portal.notify.letters import SUBJECT
from portal.notify.mail import Mail
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


def test_after_eight_attempts_it_is_given_up(world: World, by_mail: PostOffice) -> None:
    told(world)
    by_mail.at_recipient = "450 busy"
    for hours in range(12):
        with clock.set_to(clock.now() + timedelta(hours=2 * hours)):
            deliver(world)
    [given_up] = deliveries(world)
    assert (given_up.state, given_up.attempts) == ("failed", delivery.ATTEMPTS)


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
        outcome = Mail("smtp://127.0.0.1:9", "a@b.example", "https://x").send(parcel)
    assert outcome == Outcome("again", "ConnectionRefusedError")


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


def test_a_claim_that_was_never_marked_becomes_doubtful_and_its_late_owner_may_not_send(world: World, by_mail: PostOffice) -> None:
    told(world)
    with world.app.app_context():
        enter(world.id)
        claimed = delivery.claim()
        assert claimed
        db.session.commit()
        assert delivery.claim() is None  # nobody else gets it
        db.session.rollback()
        with clock.set_to(clock.now() + delivery.LEASE + timedelta(seconds=1)):
            jobs.send_waiting()
            assert delivery.parcel(claimed) is None  # checked again just before sending
            db.session.commit()
        assert [d.delivery_id for d in delivery.doubtful()] == [claimed.delivery_id]
        delivery.mark(claimed, Outcome("sent"))  # but if he had sent it already, he says so
        db.session.commit()
        assert delivery.doubtful() == []
        delivery.mark(delivery.Claim(claimed.delivery_id, claimed.token + 1), Outcome("refused"))
        db.session.commit()
    assert [d.state for d in deliveries(world)] == ["sent"]
    assert by_mail.letters == []
