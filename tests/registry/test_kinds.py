"""The kinds of record: each of one feature, and whatever leads to a record opens it at its kind's page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.queries import kinds_of
from portal.access.record import Record
from portal.access.roles import Role
from portal.access.visibility import as_seen_by
from portal.features import FEATURES
from portal.instructions.kind import KIND
from portal.instructions.rules import INSTRUCTION
from portal.kernel.db import db
from portal.notify.models import Message
from portal.registry.feature import Feature, refuse_contradictions, refuse_dead_ends
from portal.registry.kinds import KINDS, Kind
from portal.registry.registered import ByName, Unregistrable
from tests.world import World

BELL = Kind("bell", "bells.tower", "record_id")


def test_a_kind_that_another_feature_has_is_refused() -> None:
    with pytest.raises(Unregistrable, match="bells: the kind of record instruction is registered by instructions already"):
        refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(replace(BELL, name=INSTRUCTION),))))
    with pytest.raises(Unregistrable, match="bells: a kind of record has no name"):
        refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(replace(BELL, name=""),))))


def test_a_kind_does_not_open_nowhere() -> None:
    with pytest.raises(Unregistrable, match=r"bells: the kind of record bell leads to bells\.tower, which is no page"):
        refuse_dead_ends([Feature(name="bells", kinds=(BELL,))], {"front"}, set(Role))


def test_two_kinds_that_would_count_alike_are_refused() -> None:
    for mark in ("督", "督内"):
        other = replace(KIND, name="errand", mark=mark, may_be_confidential=False)
        with pytest.raises(Unregistrable, match=f"bells: the mark of numbers {mark} is registered by instructions already"):
            refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(other,))))


def test_a_kind_of_matter_with_a_dead_end_is_refused() -> None:
    for left_out, why in (
        ("withdraw", r"cannot reach .*withdrawn"),
        ("acknowledge", r"no way out of .*acknowledged|cannot reach .*acknowledged"),
    ):
        verbs = tuple(verb for verb in KIND.verbs if verb.name not in (left_out, "make_confidential"))
        broken = replace(KIND, name="errand", mark="事", verbs=verbs, buttons=())
        with pytest.raises(Unregistrable, match=f"bells: the kind of record errand cannot be: errand: {why}"):
            refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(broken,))))
    twice = replace(KIND, name="errand", mark="事", verbs=(*KIND.verbs, KIND.verbs[0]))
    with pytest.raises(Unregistrable, match="errand cannot be: errand: two verbs called"):
        refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(twice,))))
    offered = replace(KIND, name="errand", mark="事", verbs=KIND.verbs[1:])
    with pytest.raises(Unregistrable, match="the kind of record errand offers what cannot be done with it: decide_extension"):
        refuse_contradictions((*FEATURES, Feature(name="bells", kinds=(offered,))))


def test_a_kind_of_matter_without_its_register_is_refused() -> None:
    lost = replace(KIND, register="bells.list")
    with pytest.raises(Unregistrable, match=r"the kind of record instruction leads to bells\.list, which is no page"):
        refuse_dead_ends([Feature(name="bells", kinds=(lost,))], {lost.page}, set(Role))


def test_every_record_is_of_a_registered_kind(world: World) -> None:
    matter_id = world.register()
    with world.work():
        assert kinds_of([matter_id]) == {matter_id: INSTRUCTION}
        assert kinds_of([]) == {}
        held = set(db.session.scalars(select(Record.kind).distinct().options(as_seen_by(SYSTEM))))
    assert held <= set(KINDS.names)


def test_a_message_about_a_record_opens_at_the_page_of_its_kind(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.assign(world.register())
    with world.work():
        found = db.session.execute(
            select(Message.id, Message.record_id).where(
                Message.person_id == world.people["health.liaison"], Message.record_id.is_not(None)
            )
        ).first()
    assert found is not None
    message_id, record_id = found

    def opened() -> str:
        answer = world.browser("health.liaison").get(world.url(f"messages/{message_id}/open"))
        assert answer.status_code == 303
        return str(answer.headers["Location"])

    assert opened().endswith(world.url(f"matters/{record_id}"))
    elsewhere: ByName[Kind] = ByName(KINDS.what)
    elsewhere.fill([("bells", Kind(INSTRUCTION, "instructions.amend", "matter_id"))])
    monkeypatch.setattr("portal.web.places.KINDS", elsewhere)
    assert opened().endswith(world.url(f"instructions/{record_id}/amend"))
