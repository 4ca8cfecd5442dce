"""Verbs that contradict each other are refused on import."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import pytest

from portal.matters.acts import ASSIGN
from portal.matters.verbs import VERBS
from portal.registry.journal import ENTRIES
from portal.workflow.verbs import ChainError, Verb, refuse_contradictions


class S(StrEnum):
    A = "a"
    B = "b"
    C = "c"


def verb(name: str, source: S, target: S | None) -> Verb[Any, Any, Any]:
    return Verb(name=name, act=ASSIGN, from_=frozenset({source}), to=target)


def judged(*verbs: Verb[Any, Any, Any]) -> None:
    refuse_contradictions("x", verbs, S.A, frozenset({S.C}))


def test_two_verbs_of_one_name() -> None:
    with pytest.raises(ChainError, match="two verbs"):
        judged(*(verb("go", S.A, S.C),) * 2)


def test_a_state_that_cannot_be_reached() -> None:
    with pytest.raises(ChainError, match="cannot reach"):
        judged(verb("go", S.A, S.C), verb("come", S.B, S.C))


def test_a_dead_end() -> None:
    with pytest.raises(ChainError, match="no way out"):
        judged(verb("go", S.A, S.B), verb("stay", S.B, None), verb("end", S.A, S.C))


def test_a_way_out_of_an_end() -> None:
    with pytest.raises(ChainError, match="is an end"):
        judged(verb("go", S.A, S.C), verb("back", S.C, S.A))


def test_what_stays_at_an_end_is_no_way_out() -> None:
    judged(verb("go", S.A, S.C), verb("look", S.C, None))


def test_a_verb_may_move_from_one_of_its_states_and_stay_in_the_other() -> None:
    both: Verb[Any, Any, Any] = Verb(name="go", act=ASSIGN, from_=frozenset({S.A, S.B}), to={S.A: S.B})
    assert [both.target(S.A), both.target(S.B)] == [S.B, S.B]
    judged(both, verb("end", S.B, S.C))


def test_everything_that_is_done_has_words() -> None:
    called = {"forward", "forwarded", "extension_granted", "extension_refused"}
    assert {verb.name for verb in VERBS} - {"receive", "decide_extension"} | called <= {word.name for word in ENTRIES}
