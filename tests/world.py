"""One small named world for use cases: a city with its offices, two departments, a county with its own, a township.

People are named by unit and role, `health.handler`, and that is also how they sign in; all have PASSWORD, the officers a
second factor too. Import the
fixture `world` in the conftest of a directory that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from portal.access.actor import SYSTEM, Actor
from portal.access.roles import OFFICERS, Role
from portal.access.visibility import as_seen_by
from portal.deadlines.rules import SourceLevel, Urgency
from portal.identity.models import Person
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import Content, Matter
from portal.matters.service import assigning, creation, handling, reporting
from portal.matters.workflow import enact
from portal.network.models import Kind, Level, Post, Unit
from portal.network.service.acting import actor_for
from portal.papers.models import Paper
from portal.papers.steps import step_now
from tests.at_the_door import PASSWORD, give_second_factor, in_city, let_in, stored, token_for
from tests.moulds import Mould, begin_city

# key: (parent, name, short name, code, level, kind, mark)
UNITS: dict[str, tuple[str | None, str, str, str, Level, Kind, str | None]] = {
    "city": (None, "温州市", "温州", "330300", Level.CITY, Kind.PARTY_COMMITTEE, "温委"),
    "city_supervision": ("city", "市委督查室", "市委督查室", "330300-DC", Level.CITY, Kind.SUPERVISION_OFFICE, None),
    "city_office": ("city", "市委办公室", "市委办", "330300-BG", Level.CITY, Kind.GENERAL_OFFICE, None),
    "city_duty": ("city", "市委总值班室", "市委总值班室", "330300-ZB", Level.CITY, Kind.DUTY_OFFICE, None),
    "health": ("city", "市卫生健康委员会", "市卫健委", "330300-WJ", Level.CITY, Kind.DEPARTMENT, "温卫"),
    "finance": ("city", "市财政局", "市财政局", "330300-CZ", Level.CITY, Kind.DEPARTMENT, "温财"),
    "county": ("city", "永嘉县", "永嘉", "330324", Level.COUNTY, Kind.PARTY_COMMITTEE, "永嘉委"),
    "county_supervision": ("county", "县委督查室", "永嘉督查室", "330324-DC", Level.COUNTY, Kind.SUPERVISION_OFFICE, None),
    "county_office": ("county", "县委办公室", "永嘉县委办", "330324-BG", Level.COUNTY, Kind.GENERAL_OFFICE, None),
    "county_health": ("county", "永嘉县卫生健康局", "永嘉县卫健局", "330324-WJ", Level.COUNTY, Kind.DEPARTMENT, "永卫"),
    "township": ("county", "桥头镇", "桥头镇", "330324101", Level.TOWNSHIP, Kind.TOWNSHIP, "桥"),
}
_DESK = (Role.LIAISON_OFFICER, Role.HANDLER, Role.OFFICE_DIRECTOR, Role.DEPUTY_LEADER, Role.PRINCIPAL_LEADER)
# person: posts (unit, role)
PEOPLE: dict[str, tuple[tuple[str, Role], ...]] = {
    "city.supervisor": (("city_supervision", Role.SUPERVISOR),),
    "city.head": (("city_supervision", Role.SUPERVISION_HEAD),),
    "city.duty": (("city_duty", Role.DUTY_OFFICER),),
    "city.secretariat": (("city_office", Role.SECRETARIAT),),
    "city.director": (("city_office", Role.OFFICE_DIRECTOR),),
    "city.deputy": (("city", Role.DEPUTY_LEADER),),
    "city.leader": (("city", Role.PRINCIPAL_LEADER),),
    "city.system": (("city_office", Role.SYSTEM_ADMIN),),
    "city.security": (("city_office", Role.SECURITY_ADMIN),),
    "city.auditor": (("city_office", Role.AUDITOR),),
    "county.supervisor": (("county_supervision", Role.SUPERVISOR),),
    "county.head": (("county_supervision", Role.SUPERVISION_HEAD),),
    "county.liaison": (("county_office", Role.LIAISON_OFFICER),),
    "county.handler": (("county_office", Role.HANDLER),),
    "county.director": (("county_office", Role.OFFICE_DIRECTOR),),
    "county.deputy": (("county", Role.DEPUTY_LEADER),),
    "county.leader": (("county", Role.PRINCIPAL_LEADER),),
    **{
        f"{unit}.{word}": ((unit, role),)
        for unit in ("health", "finance", "county_health", "township")
        for word, role in zip(("liaison", "handler", "director", "deputy", "leader"), _DESK, strict=True)
    },
    "health.handler2": (("health", Role.HANDLER),),
    "nobody": (),
}


@dataclass
class World:
    """The city and everybody in it."""

    app: Flask
    id: int
    slug: str
    units: dict[str, int] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    posts: dict[str, int] = field(default_factory=dict)

    def url(self, path: str = "") -> str:
        """An address of this city."""
        return f"/{self.slug}/{path}"

    @contextmanager
    def work(self, person: str | None = None) -> Iterator[None]:
        """Work in the city as that person's request does, and commit at the end."""
        with in_city(self.app, self.id, self.people[person] if person else None):
            yield

    def actor(self, person: str) -> Actor:
        """The person as he acts now; inside `work`."""
        found = db.session.get(Person, self.people[person])
        assert found is not None
        return actor_for(found)

    def unit(self, key: str) -> Unit:
        """The unit's record; inside `work`."""
        found = db.session.get(Unit, self.units[key])
        assert found is not None
        return found

    def browser(self, person: str) -> FlaskClient:
        """A browser in which this person is signed in."""
        return let_in(self.app.test_client(), self, person)

    def token(self, client: FlaskClient) -> str:
        """A token for a form, as pages of this session carry it."""
        return token_for(client, self)

    # ------------------------------------------------------------------------------------------ matters, by the service

    def register(
        self,
        by: str = "city.supervisor",
        *,
        unit: str = "city",
        confidential: bool = False,
        level: SourceLevel = SourceLevel.CITY,
        urgency: Urgency = Urgency.NORMAL,
        title: str = "关于老旧小区加装电梯的情况反映",
        received_on: date | None = None,
        leader: str | None = None,
        **more: Any,
    ) -> UUID:
        """A leader's instruction is registered; its id."""
        with self.work(by):
            actor = self.actor(by)
            matter, _content = creation.create(
                actor,
                actor.standings[0],
                creation.NewMatter(
                    kind=INSTRUCTION,
                    registering_unit=self.unit(unit),
                    source_level=level,
                    urgency=urgency,
                    confidential=confidential,
                    instructed_on=(received_on or clock.today()) - timedelta(days=1),
                    received_on=received_on or clock.today(),
                    title=title,
                    text="请认真研究，拿出切实可行的办法。",
                    leader="张书记",
                    leader_id=self.people[leader] if leader else None,
                    requirement="按期报结",
                    **more,
                ),
            )
            return matter.id

    def assign(
        self,
        matter_id: UUID,
        to: str = "health",
        by: str = "city.supervisor",
        *,
        co: tuple[str, ...] = (),
        countersigns: bool = False,
        handler: str | None = None,
    ) -> UUID:
        """交办."""
        with self.work(by):
            enact(
                self.actor(by),
                verbs.ASSIGN,
                matter_id,
                assigning.Assignment(
                    lead_unit=self.unit(to),
                    co_units=tuple((self.unit(key), "提供数据", countersigns) for key in co),
                    handler_post_id=self.posts[handler] if handler else None,
                ),
            )
        return matter_id

    def name_handler(self, matter_id: UUID, handler: str = "health.handler", by: str = "health.liaison") -> UUID:
        """指定承办人."""
        with self.work(by):
            enact(self.actor(by), verbs.NAME_HANDLER, matter_id, assigning.Naming(post_id=self.posts[handler]))
        return matter_id

    def acknowledge(self, matter_id: UUID, by: str = "health.handler") -> UUID:
        """签收."""
        with self.work(by):
            enact(self.actor(by), verbs.ACKNOWLEDGE, matter_id, None)
        return matter_id

    def progress(self, matter_id: UUID, by: str = "health.handler", words: str = "已召开专题会议。") -> UUID:
        """进展."""
        with self.work(by):
            enact(self.actor(by), verbs.PROGRESS, matter_id, handling.Progress(words=words))
        return matter_id

    def submit(self, matter_id: UUID, by: str = "health.handler") -> UUID:
        """Writes and submits the closing report; the report's id."""
        with self.work(by):
            actor = self.actor(by)
            _matter, draft = reporting.open_draft(actor, matter_id)
            reporting.save_draft(actor, draft.id, None, {"body": "一、基本情况\n已全部完成整改，群众满意。"})
            reporting.submit_report(actor, draft.id)
            return draft.id

    def sign(self, report_id: UUID, *signers: str) -> UUID:
        """Each signs the step that waits."""
        for by in signers:
            with self.work(by):
                report = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
                now = step_now(report.record_id)
                assert now is not None
                reporting.sign(self.actor(by), report_id, step=now.step.number, digest=now.sign_off.digest, confirm=lambda: None)
        return report_id

    def at_work(self, **more: Any) -> UUID:
        """A matter with its handler at work."""
        return self.progress(self.acknowledge(self.name_handler(self.assign(self.register(**more)))))

    def under_review(self, **more: Any) -> UUID:
        """A matter whose report was issued and waits for review."""
        matter_id = self.at_work(**more)
        self.sign(self.submit(matter_id), "health.director", "health.deputy")
        return matter_id

    def matter(self, matter_id: UUID) -> Matter:
        """The matter as it stands in the database, with its content."""
        with self.work():
            found = db.session.scalars(select(Matter).where(Matter.id == matter_id).options(as_seen_by(SYSTEM))).one()
            content = db.session.scalars(select(Content).where(Content.record_id == matter_id).options(as_seen_by(SYSTEM))).one()
            db.session.expunge_all()
        found.__dict__["content"] = content
        return found


def make_world(app: Flask, slug: str) -> World:
    """A city under this name in addresses, with everybody in it: the process's first is founded, the others are cast from it."""
    with app.app_context():
        world = World(app, begin_city(slug, "温州市"), slug)
        if not _founded:
            _found(world)
            _founded.append((Mould.of(), replace(world, units={**world.units}, people={**world.people}, posts={**world.posts})))
        else:
            mould, first = _founded[0]
            numbers = mould.cast()
            world.units = {key: numbers["unit"][number] for key, number in first.units.items()}
            world.people = {name: numbers["person"][number] for name, number in first.people.items()}
            world.posts = {name: numbers["post"][number] for name, number in first.posts.items()}
        for name, held in PEOPLE.items():
            if any(role in OFFICERS for _unit, role in held):
                give_second_factor(world.people[name])
        db.session.commit()
    return world


_founded: list[tuple[Mould, World]] = []  # the first of this process, before anybody has worked in it


def _found(world: World) -> None:
    made: dict[str, Unit] = {}
    for key, (parent, name, short, code, level, kind, mark) in UNITS.items():
        unit = made[key] = Unit(
            code=code,
            name=name,
            short_name=short,
            level=level,
            kind=kind,
            document_prefix=mark,
            parent_id=made[parent].id if parent else None,
            path=[],
        )
        db.session.add(unit)
        db.session.flush()
        unit.path = [*(made[parent].path if parent else ()), unit.id]
        world.units[key] = unit.id
    people = {
        name: Person(sign_in_name=name, name=_chinese(number), password_hash=stored(PASSWORD), created_at=clock.now())
        for number, name in enumerate(PEOPLE)
    }
    db.session.add_all(people.values())
    db.session.flush()
    world.people = {name: person.id for name, person in people.items()}
    for name, held in PEOPLE.items():
        for unit_key, role in held:
            unit = made[unit_key]
            post = Post(
                person_id=people[name].id, unit_id=unit.id, for_unit_id=unit.acts_for_id, role=role, from_on=date(2020, 1, 1)
            )
            db.session.add(post)
            db.session.flush()
            world.posts[name] = post.id


def _chinese(number: int) -> str:
    return (
        "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛"[number]
        + "文武全才志远思诚"[number % 8]
    )


_numbers = count(1)  # of the process: several directories import the fixture


@pytest.fixture(scope="session")
def new_world(app: Flask) -> Callable[[], World]:
    """Makes one more city with everybody in it."""
    return lambda: make_world(app, f"wenzhou-{next(_numbers)}")


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    """This test's own world."""
    return new_world()


def sign_in(client: FlaskClient, world: World, name: str) -> None:
    """That person is signed in, in this browser."""
    let_in(client, world, name)
