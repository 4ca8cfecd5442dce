"""Each step of a life is done by whom it is offered to, once, on the matter as it is; whoever else tries changes nothing."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask_babel import LazyString, force_locale

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Refusal, Stale
from portal.matters.kinds import MatterKind
from portal.matters.queries import get_matter
from portal.matters.workflow import enact
from portal.registry.journal import ACTS, ENTRIES
from portal.workflow.engine import judge
from portal.workflow.verbs import Verb
from tests.contract.looking import everybody, seen_as, sight, written
from tests.contract.samples import Sample, Step
from tests.world import World


class _Undone(Exception):
    """It could be done, and is not kept."""


def verb_of(kind: MatterKind, step: Step) -> Verb:  # type: ignore[type-arg]
    verb = kind.verb(step.name)
    assert verb is not None, step.name
    return verb


def refusal(world: World, kind: MatterKind, step: Step, by: str, matter_id: UUID, version: int | None = None) -> Refusal | None:
    """What refuses this person, if anything does, who does it as the sample does; nothing of it is kept."""
    assert step.given is not None
    try:
        with world.work(by):
            enact(world.actor(by), verb_of(kind, step), matter_id, step.given(world, matter_id), version=version)
            raise _Undone
    except _Undone:
        return None
    except Refusal as refused:
        return refused


def offered_to(world: World, people: dict[str, Actor], kind: MatterKind, step: Step, matter_id: UUID) -> set[str]:
    """Who of those who see it may do it now; of these, whoever may not is refused, and told what they lack."""
    verb, found, sees = verb_of(kind, step), set(), sight(world, people, matter_id)
    with world.work():
        given = step.given(world, matter_id) if step.given is not None else None
        for name in sees:
            if judge(verb, people[name], get_matter(people[name], matter_id)):
                found.add(name)
            elif step.given is not None:
                with pytest.raises(Forbidden) as refused:
                    enact(people[name], verb, matter_id, given)
                assert str(refused.value), (step.name, name)
            db.session.expunge_all()
    return found


def in_another_state(world: World, doer: Actor, kind: MatterKind, step: Step, matter_id: UUID) -> None:
    """Whoever does it at the wrong time is refused; where they might do it at another, they are told in which state it is."""
    verb = verb_of(kind, step)
    assert step.given is not None
    with world.work(step.by):
        matter = seen_as(doer, matter_id)
        theirs = matter is not None and bool(allowed(doer, verb.act, matter))
        with pytest.raises(Invalid if theirs else (Forbidden, Invisible)) as refused:
            enact(doer, verb, matter_id, step.given(world, matter_id))
        assert not theirs or str(matter.state.label) in str(refused.value), (step.name, refused.value)  # type: ignore[union-attr]


def test_a_step_is_offered_to_its_doer_and_refused_to_everybody_to_whom_it_is_not(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    matter_id, people = sample.register(world, confidential), everybody(world)
    for step in sample.steps(confidential):
        before, may = written(world, matter_id), offered_to(world, people, kind, step, matter_id)
        assert step.by in may, step.name
        assert sample.stranger not in may, step.name
        if step.given is not None:
            assert isinstance(refusal(world, kind, step, sample.stranger, matter_id), Invisible), step.name
        assert written(world, matter_id) == before, step.name
        step.do(world, matter_id)


def test_a_step_is_refused_in_a_wrong_state_and_from_an_old_page_and_changes_nothing(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    matter_id, steps = sample.register(world, confidential), sample.steps(confidential)
    people, by_engine, tried = everybody(world), [step for step in steps if step.given is not None], set()
    for step in (*steps, None):
        before = written(world, matter_id)
        for other in by_engine:
            if before.state not in verb_of(kind, other).from_ and before.state not in tried:
                in_another_state(world, people[other.by], kind, other, matter_id)
        tried.add(before.state)
        if step is not None and step.given is not None:
            refused = refusal(world, kind, step, step.by, matter_id, before.version - 1)
            assert isinstance(refused, Stale), (step.name, refused)
            assert refused.changes, step.name
        assert written(world, matter_id) == before
        if step is not None:
            step.do(world, matter_id)


def test_a_step_once_done_is_one_act_and_its_entry_in_words_of_either_language(
    world: World, kind: MatterKind, confidential: bool, sample: Sample
) -> None:
    matter_id = sample.register(world, confidential)
    for step in sample.steps(confidential):
        before = written(world, matter_id)
        step.do(world, matter_id)
        after = written(world, matter_id)
        assert after.state == step.after, step.name
        assert after.version > before.version, step.name
        assert after.acts[: len(before.acts)] == before.acts
        assert after.entries[: len(before.entries)] == before.entries
        acts, entries = after.acts[len(before.acts) :], after.entries[len(before.entries) :]
        assert len(acts) == 1, (step.name, acts)
        assert entries[-1:] == acts, (step.name, entries)
        with world.app.test_request_context():
            for label in (ACTS[acts[0]].label, *(ENTRIES[entry].label for entry in entries)):
                assert_said_in_both(label)


def assert_said_in_both(label: LazyString) -> None:
    """In Chinese, and in English without a Chinese character."""
    with force_locale("zh"):
        assert re.search("[一-鿿]", str(label))
    with force_locale("en"):
        assert re.fullmatch("[^一-鿿]+", str(label))


def test_one_that_may_not_be_confidential_is_refused_with_a_sentence(world: World, kind: MatterKind, sample: Sample) -> None:
    refused = None
    try:
        sample.register(world, True)
    except Invalid as invalid:
        refused = str(invalid)
    assert (refused is None) == kind.may_be_confidential
    assert refused is None or str(kind.label) in refused
