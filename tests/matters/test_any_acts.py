"""Whatever is done to matters, units, posts and persons, in whatever order: making the index of viewers anew changes
nothing, nothing open is in the hands of somebody who has left, and nobody signs who holds no post."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import exists, select

from portal.access.actor import SYSTEM
from portal.access.record import Record
from portal.access.visibility import as_seen_by
from portal.identity.service import accounts
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Refusal
from portal.matters import verbs
from portal.matters.jobs import go_on_with_successors
from portal.matters.models import ENDED, Content, CoUnit, Matter
from portal.matters.rules import Lead
from portal.matters.service import assigning, extending, forwarding
from portal.matters.service.granting import grant_reading, tidy_lapsed
from portal.matters.workflow import enact
from portal.network.models import ChangeKind, Post
from portal.network.queries import in_force
from portal.network.service.delegating import delegate
from portal.network.service.wanted import posts_of
from portal.papers.models import Paper, Signer, SignOff
from portal.papers.steps import step_now
from portal.staffing.jobs import carry_out_changes, pass_on_ended_posts
from portal.staffing.queries import person_by_id
from portal.staffing.service import appointing
from portal.staffing.service.leaving import hand_over
from portal.workflow.verbs import Said
from tests.network.test_changes import all_follows_from_the_rules, do
from tests.world import World

UNITS = ("health", "finance", "county", "county_health", "township")
PEOPLE = tuple(f"{unit}.{word}" for unit in ("health", "finance", "township") for word in ("handler", "director", "deputy"))
ACTS = (
    "move",
    "merge",
    "leave",
    "end",
    "end later",
    "appoint",
    "lend",
    "reset",
    "sign",
    "name",
    "reassign",
    "forward",
    "decline",
    "extension",
    "close",
    "grant",
    "sweep",
)
steps = st.lists(
    st.tuples(st.sampled_from(ACTS), st.sampled_from(UNITS), st.sampled_from(UNITS), st.sampled_from(PEOPLE), st.integers(0, 31)),
    min_size=3,
    max_size=8,
)


class Acts:
    """One act of each kind on the world, refused where the office refuses it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.open = [
            world.at_work(),
            world.assign(world.register(), to="township", co=("finance", "health")),
            world.assign(world.register(), to="county"),
        ]
        self.secret = [
            world.assign(world.register(confidential=True), handler="health.handler"),
            world.assign(world.register(confidential=True, leader="city.leader"), to="finance", handler="finance.handler"),
        ]
        for matter_id, by in zip(self.secret, ("health.handler", "finance.handler"), strict=True):
            world.progress(world.acknowledge(matter_id, by), by)
        self.reports = [
            world.submit(self.secret[0]),
            world.submit(self.secret[1], "finance.handler"),
            world.submit(world.at_work()),
        ]

    def act(self, what: str, unit: str, other: str, person: str, number: int) -> None:
        world = self.world
        matter_id = self.open[number % 3]
        match what:
            case "move":
                do(world, ChangeKind.MOVE, unit, parent_id=world.units[other])
            case "merge":
                with world.work():
                    moving = [post.id for place, post in enumerate(posts_of(world.units[unit])) if number >> place % 5 & 1]
                do(world, ChangeKind.MERGE, unit, into_id=world.units[other], moving=moving)
            case "leave":
                self.by(
                    "city.secretariat",
                    hand_over,
                    world.people[person],
                    {world.posts[person]: None},
                    reason="调离",
                    chains_wait=True,
                )
            case "end" | "end later":
                to_on = clock.today() + timedelta(days=what == "end later")
                self.by("city.secretariat", appointing.end_post, world.posts[person], to_on=to_on, reason="调离", chains_wait=True)
            case "appoint":
                with world.work("city.secretariat"):
                    role = db.session.get_one(Post, world.posts[person]).role
                    appointing.appoint(
                        world.actor("city.secretariat"),
                        world.units[unit],
                        role,
                        person_by_id(world.people[person]),
                        from_on=clock.today(),
                        reason="任命",
                    )
            case "lend":
                now = clock.now()
                self.by(
                    person,
                    delegate,
                    world.posts[person],
                    world.people[PEOPLE[number % 9]],
                    now,
                    now + timedelta(days=2),
                    bool(number & 1),
                )
            case "reset":
                self.by("city.security", accounts.give_one_time_password, world.people[person])
            case "sign":
                self.sign(self.reports[number % 3], person)
            case "name":
                world.name_handler(matter_id, person, by=f"{unit}.liaison")
            case "reassign":
                with world.work("city.supervisor"):
                    enact(
                        world.actor("city.supervisor"),
                        verbs.REASSIGN_UNIT,
                        matter_id,
                        Lead(lead_unit=world.unit(unit), words="职责调整"),
                    )
            case "forward":
                with world.work("county.liaison"):
                    enact(
                        world.actor("county.liaison"),
                        verbs.FORWARD,
                        self.open[2],
                        forwarding.Forwarding(units=[world.unit(unit)], words="请核查"),
                    )
            case "decline":
                self.by(
                    f"{unit}.liaison", enact, verbs.DECLINE, matter_id, assigning.Declining(code="not_ours", words="不属本单位")
                )
            case "extension":
                until = clock.today() + timedelta(days=35)
                self.by(
                    person,
                    enact,
                    verbs.ASK_EXTENSION,
                    [*self.open, *self.secret][number % 5],
                    extending.Asking(until=until, words="资料多", progress="已核查"),
                )
            case "close":
                self.by("city.supervisor", enact, verbs.CLOSE, self.secret[number % 2], Said())
            case "grant":
                self.grant(self.secret[number % 2], person)
            case "sweep":
                self.sweep()

    def sign(self, report_id: UUID, person: str) -> None:
        with self.world.work():
            report = db.session.scalars(select(Paper).where(Paper.id == report_id).options(as_seen_by(SYSTEM))).one()
            if step_now(report.record_id) is None:
                return
        self.world.sign(report_id, person)

    def by(self, who: str, act: Callable[..., Any], *said: Any, **more: Any) -> None:
        with self.world.work(who):
            act(self.world.actor(who), *said, **more)

    def grant(self, matter_id: UUID, person: str) -> None:
        with self.world.work("city.head"):
            grant_reading(
                self.world.actor("city.head"),
                matter_id,
                person=person_by_id(self.world.people[person]),
                last_day=clock.today(),
                reason="审计核对",
            )

    def sweep(self) -> None:
        with self.world.work():
            for part in (carry_out_changes, pass_on_ended_posts, go_on_with_successors, tidy_lapsed):
                part()
                db.session.commit()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(steps)
def test_after_any_acts_everything_follows_from_the_rules(new_world: Any, taken: list[Any]) -> None:
    world: World = new_world()
    acts = Acts(world)
    for one in taken:
        try:
            acts.act(*one)
        except Refusal:
            with world.work():
                db.session.rollback()
        all_follows_from_the_rules(world)
    with clock.set_to(clock.now() + timedelta(days=1)):
        acts.sweep()
        all_follows_from_the_rules(world)
        nobody_who_left_holds_anything(world)


def nobody_who_left_holds_anything(world: World) -> None:
    """Handlers, co-units' handlers and signers of what is open hold a post."""

    def there(person: Any) -> Any:
        return exists().where(Post.person_id == person, in_force(clock.today())).correlate_except(Post)

    with world.work():
        for column, statement in (
            (
                Content.handler_id,
                select(Record.number)
                .join(Matter, Matter.id == Record.id)
                .join(Content, Content.record_id == Record.id)
                .where(Matter.state.not_in(ENDED)),
            ),
            (
                CoUnit.handler_id,
                select(Record.number)
                .join(Matter, Matter.id == Record.id)
                .join(CoUnit, CoUnit.matter_id == Matter.id)
                .where(Matter.state.not_in(ENDED)),
            ),
            (
                Signer.person_id,
                select(Signer.step).join(SignOff, SignOff.id == Signer.sign_off_id).where(SignOff.ended_at.is_(None)),
            ),
        ):
            left = statement.where(column.is_not(None), ~there(column)).options(as_seen_by(SYSTEM))
            assert list(db.session.scalars(left)) == [], column
