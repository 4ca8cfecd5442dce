"""The life of one matter of each kind, as data: what its feature says so that the contract can be put to it.

Whoever brings a further kind adds its sample: `SAMPLES["errand"] = Sample(...)`, at import of a module of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.instructions.rules import INSTRUCTION
from portal.kernel.db import db
from portal.matters.kinds import kind_of
from portal.matters.models import State
from portal.matters.service import assigning, handling
from portal.matters.workflow import enact
from portal.papers.models import Paper
from portal.workflow.verbs import Said
from tests.world import World

TITLE, TEXT = "关于青砚计划的情况反映", "请认真研究，拿出切实可行的办法。"
"""Title and text of every matter that a sample registers, so that pages can be searched for them."""
Given = Callable[[World, UUID], Any]


@dataclass(frozen=True, slots=True)
class Step:
    """What one person does, by the verb's name, and the state in which it leaves the matter. `given`: what the engine is given;
    None where the act is a service of its own (a report is submitted, a step of its chain signed)."""

    name: str
    by: str
    do: Callable[[World, UUID], object]
    after: State
    given: Given | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One life of a matter of the kind. `register`: it comes into the register, confidential or not, under TITLE and TEXT; `life`:
    from there until it is closed; `sealed_life`: the same of a confidential one, where there can be any. `stranger` never sees
    anything of it; `handler` and `supervisor` are who does it and who assigns it."""

    kind: str
    register: Callable[[World, bool], UUID]
    life: tuple[Step, ...]
    stranger: str
    handler: str
    supervisor: str
    sealed_life: tuple[Step, ...] = ()

    def steps(self, confidential: bool) -> tuple[Step, ...]:
        """The life of such a one."""
        return self.sealed_life if confidential else self.life


def nothing(_world: World, _matter_id: UUID) -> None:
    """What a bare button is given."""


def words(said: str | None = None) -> Given:
    """What a verb of words alone is given."""
    return lambda _world, _matter_id: Said(words=said)


def step(name: str, by: str, after: State, given: Given = nothing) -> Step:
    """A verb that the engine does."""

    def do(world: World, matter_id: UUID) -> None:
        verb = kind_of(world.matter(matter_id)).verb(name)
        assert verb is not None, name
        with world.work(by):
            enact(world.actor(by), verb, matter_id, given(world, matter_id))

    return Step(name, by, do, after, given)


def submission(by: str) -> Step:
    """The closing report is written and submitted into its chain."""
    return Step("submit_report", by, lambda world, matter_id: world.submit(matter_id, by), State.IN_SIGN_OFF)


def signature(name: str, by: str, after: State = State.IN_SIGN_OFF) -> Step:
    """The step of the chain that waits is signed."""
    return Step(name, by, lambda world, matter_id: world.sign(_report(world, matter_id), by), after)


def _report(world: World, matter_id: UUID) -> UUID:
    with world.work():
        newest = select(Paper.id).where(Paper.record_id == matter_id).order_by(Paper.draft.desc()).limit(1)
        return db.session.scalars(newest.options(as_seen_by(SYSTEM))).one()


def _assignment(handler: str | None = None) -> Given:
    return lambda world, _matter_id: assigning.Assignment(
        lead_unit=world.unit("health"), handler_post_id=world.posts[handler] if handler else None
    )


def _naming(world: World, _matter_id: UUID) -> assigning.Naming:
    return assigning.Naming(post_id=world.posts["health.handler"])


def _progress(_world: World, _matter_id: UUID) -> handling.Progress:
    return handling.Progress(words="已召开专题会议。")


_ONWARD = (
    step("acknowledge", "health.handler", State.ACKNOWLEDGED),
    step("progress", "health.handler", State.IN_PROGRESS, _progress),
    submission("health.handler"),
    signature("check", "health.director"),
    signature("issue", "health.deputy", State.UNDER_REVIEW),
    step("close", "city.supervisor", State.CLOSED, words()),
)
SAMPLES: dict[str, Sample] = {
    INSTRUCTION: Sample(
        INSTRUCTION,
        register=lambda world, confidential: world.register(confidential=confidential, title=TITLE),
        life=(
            step("assign", "city.supervisor", State.ASSIGNED, _assignment()),
            step("name_handler", "health.liaison", State.ASSIGNED, _naming),
            *_ONWARD,
        ),
        sealed_life=(step("assign", "city.supervisor", State.ASSIGNED, _assignment("health.handler")), *_ONWARD),
        stranger="finance.handler",
        handler="health.handler",
        supervisor="city.supervisor",
    )
}
