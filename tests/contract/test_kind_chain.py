"""The kinds of matter: none without a sample, each with a chain that leads from its register to its end, and numbers of its own."""

from __future__ import annotations

from collections import Counter

from portal.documents.numbering import bracketed
from portal.kernel import clock
from portal.matters.kinds import MatterKind, matter_kinds
from portal.matters.models import ENDED, State
from tests.contract.samples import SAMPLES, Sample
from tests.world import World


def test_every_kind_of_matter_has_a_sample() -> None:
    assert {kind.name for kind in matter_kinds()} == set(SAMPLES)
    assert {kind.name for kind in matter_kinds() if kind.may_be_confidential} == {
        name for name, sample in SAMPLES.items() if sample.sealed_life
    }


def test_its_verbs_make_a_chain_and_its_sample_goes_along_it(kind: MatterKind, sample: Sample) -> None:
    assert kind.fault() is None
    for confidential in (False, True) if kind.may_be_confidential else (False,):
        state = State.REGISTERED
        for step in sample.steps(confidential):
            verb = kind.verb(step.name)
            assert verb is not None, step.name
            assert state in verb.from_, step.name
            assert verb.target(state) == step.after, step.name
            state = step.after
        assert state == State.CLOSED


def test_every_state_that_its_verbs_start_from_is_passed_or_an_end(kind: MatterKind, sample: Sample) -> None:
    passed = {State.REGISTERED, *(step.after for step in sample.life)}
    assert {verb.target(state) for verb in kind.verbs for state in verb.from_ if state in passed} <= {*passed, *ENDED}


def test_its_numbers_have_no_gap_and_stand_under_marks_of_its_own(world: World, kind: MatterKind, sample: Sample) -> None:
    many = 3
    numbers: Counter[str] = Counter()
    year = clock.today().year
    for confidential in (False, True) if kind.may_be_confidential else (False,):
        made = []
        for _time in range(many):
            made.append(world.matter(sample.register(world, confidential)))
            for other in SAMPLES.values():  # between them others count, each for itself
                if other.kind != kind.name:
                    numbers[world.matter(other.register(world, False)).number] += 1
        unit = made[0].registering_unit_id
        with world.work():
            mark = kind.mark_of(next(world.unit(key) for key, known in world.units.items() if known == unit), confidential)
        assert [one.record.sequence for one in made] == [1, 2, 3]
        assert {(one.record.unit_id, one.record.series, one.record.year) for one in made} == {
            (unit, kind.series(confidential), year)
        }
        assert [one.number for one in made] == [bracketed(mark, year, sequence) for sequence in (1, 2, 3)]
        numbers.update(one.number for one in made)
    assert set(numbers.values()) == {1}


def test_marks_of_two_kinds_differ() -> None:
    marks = [mark for kind in matter_kinds() for mark in kind.marks()]
    assert len(marks) == len(set(marks))
