"""The ladder of reminders equals a plain model, whatever happens while rungs are due."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.deadlines.queries import forget
from portal.deadlines.service import seed_calendar
from portal.kernel import clock
from portal.kernel.db import db, enter
from portal.matters import clocks
from portal.notify import jobs, ladder
from portal.notify.models import Delivery, Message, Reminder
from portal.registry.hooks import LADDERS
from tests.notify.model import Model, closing, model_of, sweep, told, whole
from tests.world import World

BEGIN = clock.at(date(2026, 3, 2), 8)
DAY = timedelta(days=1)


@pytest.fixture
def matter_id(world: World) -> Iterator[UUID]:
    """Received on 2 March 2026 and at work the same morning; due within a month."""
    with clock.set_to(BEGIN):
        with world.work():
            seed_calendar(db.session(), world.id)
        forget(world.id)
        yield world.at_work()


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    with clock.set_to(moment):
        yield


def move_deadline(world: World, matter_id: UUID, days: int, model: Model) -> None:
    """The closing clock gets a new end: a new generation."""
    with world.work():
        running = closing(matter_id)
        matter = whole(matter_id)
        matter.given_due_on = running.due_on + days * DAY
        clocks.renew(matter)
        db.session.flush()
        running = closing(matter_id)
        model.starts(running.generation, running.due_on, running.generation_at)


def test_each_rung_reaches_each_person_once_on_its_day(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    for day in range(70):
        moment = BEGIN + day * DAY + timedelta(hours=1, minutes=1)
        with at(moment):
            sweep(world, moment)
            sweep(world, moment)
        model.swept(moment)
    assert told(world, matter_id) == sorted(model.told)
    assert {rung for _g, rung, _o, _p in model.told} == {
        "before_7",
        "before_3",
        "before_1",
        "due_day",
        "overdue_1",
        "overdue_3",
        "overdue_7",
        "overdue_again",
    }


def test_five_days_of_outage_make_one_message_a_person(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    with world.work():
        due_on = closing(matter_id).due_on
    for days in (-8, -1, 4, 8, 30):  # the rest of the days nobody swept
        moment = clock.at(due_on + days * DAY, 9, 30)
        with at(moment):
            sweep(world, moment)
        model.swept(moment)
    assert told(world, matter_id) == sorted(model.told)
    with world.work():
        kinds = db.session.execute(
            select(Message.kind, Message.facts["days"].as_integer())
            .where(Message.city_id == world.id, Message.key.startswith("ladder:"))
            .order_by(Message.at, Message.person_id)
        ).all()
        outcomes = set(db.session.scalars(select(Reminder.outcome).where(Reminder.city_id == world.id)))
    assert ("due_soon", 1) in kinds  # seven, three and one day before, told once
    assert ("overdue", 4) in kinds
    assert {"sent", "coalesced"} <= outcomes


def test_a_clock_stepped_400_days_ahead_and_back_tells_nobody_twice(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    for days in (20, 30, 430, 27, 30, 33, 60, 437, 445):
        moment = BEGIN + days * DAY + timedelta(hours=2)
        with at(moment):
            sweep(world, moment)
            model.swept(moment)
    assert told(world, matter_id) == sorted(model.told)


def test_who_is_told_is_decided_when_the_rung_fires(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    with world.work():
        due_on = closing(matter_id).due_on
    moment = clock.at(due_on - 3 * DAY, 12)
    with at(moment):
        world.name_handler(matter_id, "health.handler2")  # two rungs are due and nobody has swept yet
        model.handler = "health.handler2"
        sweep(world, moment)
        model.swept(moment)
    assert told(world, matter_id) == sorted(model.told)
    assert {person for *_rest, person in model.told} == {"health.handler2"}


def test_a_moved_deadline_silences_rungs_that_were_due(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    with world.work():
        due_on = closing(matter_id).due_on
    moment = clock.at(due_on + 2 * DAY, 12)
    with at(moment):
        move_deadline(world, matter_id, 20, model)
        sweep(world, moment)
        model.swept(moment)
        assert told(world, matter_id) == []
    later = moment + 16 * DAY
    with at(later):
        sweep(world, later)
        model.swept(later)
    assert told(world, matter_id) == sorted(model.told) != []


def test_a_stopped_clock_tells_nobody(world: World, matter_id: UUID) -> None:
    moment = BEGIN + 60 * DAY
    with at(moment):
        with world.work():
            clocks.stop(whole(matter_id), clocks.CLOSING)
        sweep(world, moment)
    assert told(world, matter_id) == []
    with world.work():
        assert set(db.session.scalars(select(Reminder.outcome).where(Reminder.city_id == world.id))) == {"stopped"}


def test_a_rung_that_outlived_its_clock_is_settled_in_silence(world: World, matter_id: UUID) -> None:
    moment = BEGIN + 60 * DAY
    with at(moment):
        with world.work():
            closing(matter_id).stopped_at = clock.now()  # behind the ladder's back
        sweep(world, moment)
    assert told(world, matter_id) == []


def test_a_rung_of_an_older_generation_is_settled_in_silence(world: World, matter_id: UUID) -> None:
    moment = BEGIN + 60 * DAY
    with at(moment):
        with world.work():
            closing(matter_id).generation += 1  # behind the ladder's back
        sweep(world, moment)
    assert told(world, matter_id) == []
    with world.work():
        due = Reminder.city_id == world.id, Reminder.send_at <= moment
        assert "superseded" in set(db.session.scalars(select(Reminder.outcome).where(*due)))
        assert None not in set(db.session.scalars(select(Reminder.outcome).where(*due)))


def test_nothing_is_called_overdue_while_an_extension_is_undecided(world: World, matter_id: UUID) -> None:
    model = model_of(world, matter_id)
    moment = BEGIN + 45 * DAY
    with at(moment):
        with world.work():
            whole(matter_id).extension_pending = True
        sweep(world, moment)
        assert told(world, matter_id) == []
        with world.work():
            whole(matter_id).extension_pending = False  # refused: overdue from the original deadline
        sweep(world, moment)
        model.swept(moment)
    assert told(world, matter_id) == sorted(model.told) != []


def test_a_confidential_rung_names_nothing_but_the_number(world: World) -> None:
    with at(BEGIN):
        matter_id = world.assign(world.register(confidential=True, title="绝不可见的标题"), handler="health.handler")
    moment = BEGIN + 60 * DAY
    with at(moment):
        sweep(world, moment)
        number = world.matter(matter_id).number
    with world.work():
        found = db.session.scalars(select(Message).where(Message.record_id == matter_id)).all()
        assert {message.person_id for message in found if message.key.startswith("ladder:")} == {
            world.people[name] for name in ("health.handler", "city.supervisor", "city.head")
        }
        assert [message.facts for message in found] == [{"number": number}] * len(found)


@pytest.mark.parametrize("seed", range(6))
def test_any_sequence_of_sweeps_steps_and_changes_equals_the_model(world: World, matter_id: UUID, seed: int) -> None:
    chance = random.Random(seed)
    model = model_of(world, matter_id)
    moment = BEGIN
    for _step in range(25):
        moment += chance.choice([1, 1, 1, 2, 3, 5, 9, -3]) * DAY + timedelta(minutes=chance.randrange(600))
        with at(moment):
            match chance.randrange(6):
                case 0:
                    name = "health.handler2" if model.handler == "health.handler" else "health.handler"
                    world.name_handler(matter_id, name)
                    model.handler = name
                case 1 if model.generation < 6:
                    move_deadline(world, matter_id, chance.choice([-2, 5, 14]), model)
            if chance.random() < 0.8:
                for _again in range(chance.choice([1, 1, 2])):
                    sweep(world, moment)
                model.swept(moment)
    assert told(world, matter_id) == sorted(model.told)


def test_four_sweepers_at_once_while_deadlines_move_and_handlers_change(world: World) -> None:
    with at(BEGIN):
        matters = [world.at_work(title=f"第{number}件") for number in range(12)]
    models = [model_of(world, matter_id) for matter_id in matters]
    moment = BEGIN + 40 * DAY
    gate = threading.Barrier(5)
    faults: list[BaseException] = []

    def run(work: object) -> None:
        try:
            gate.wait(10)
            for _again in range(6):
                work()  # type: ignore[operator]
        except BaseException as fault:
            faults.append(fault)

    def move_some() -> None:
        with at(moment):
            for matter_id, model in zip(matters[:4], models[:4], strict=True):
                move_deadline(world, matter_id, 1, model)

    threads = [threading.Thread(target=run, args=(lambda: sweep(world, moment),)) for _ in range(4)]
    threads.append(threading.Thread(target=run, args=(move_some,)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not faults
    with at(moment):
        sweep(world, moment)
    for matter_id, model in zip(matters[4:], models[4:], strict=True):
        model.swept(moment)
        assert told(world, matter_id) == sorted(model.told) != []
    with world.work():
        waiting = db.session.scalar(
            select(func.count())
            .select_from(Reminder)
            .where(Reminder.city_id == world.id, Reminder.settled_at.is_(None), Reminder.send_at <= moment)
        )
    assert waiting == 0
    for matter_id in matters[:4]:  # a generation tells each person once at most
        heard = [(generation, person) for generation, _rung, _ordinal, person in told(world, matter_id)]
        assert len(heard) == len(set(heard))


def test_one_clock_that_fails_does_not_hold_up_the_others(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with at(BEGIN):
        bad, good = world.at_work(), world.at_work()
    [resolve] = LADDERS

    def failing(clock_id: int, matter_id: UUID, rungs: object) -> object:
        if matter_id == bad:
            raise RuntimeError("broken")
        return resolve(clock_id, matter_id, rungs)  # type: ignore[arg-type]

    monkeypatch.setattr(ladder, "LADDERS", [failing])
    moment = BEGIN + 40 * DAY
    with at(moment):
        sweep(world, moment)
    assert told(world, bad) == []
    assert told(world, good) != []
    assert "could not be sent" in caplog.text
    monkeypatch.undo()
    with at(moment):
        sweep(world, moment)
    assert told(world, bad) != []


def test_a_demonstration_being_played_delivers_nothing_by_mail(world: World, by_mail: object) -> None:
    with at(BEGIN):
        world.at_work()
        sweep(world, BEGIN + 40 * DAY)
    with world.work():
        assert db.session.scalar(select(func.count()).select_from(Message).where(Message.city_id == world.id))
        assert not db.session.scalar(select(func.count()).select_from(Delivery).where(Delivery.city_id == world.id))


def test_the_secretariat_is_told_once_that_next_years_calendar_is_missing(world: World) -> None:
    with at(clock.at(date(2026, 10, 8), 9)):
        with world.work():
            seed_calendar(db.session(), world.id)
        forget(world.id)
        for _again in range(3):
            with world.app.app_context():
                enter(world.id)
                jobs.tell_of_missing_calendar()
    with world.work():
        found = db.session.scalars(select(Message).where(Message.city_id == world.id)).all()
        assert [(m.kind, m.person_id, m.facts) for m in found] == [
            ("calendar_missing", world.people["city.secretariat"], {"year": 2027})
        ]
