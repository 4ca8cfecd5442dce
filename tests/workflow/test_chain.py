"""A table of moves that contradicts itself is refused on import."""

from __future__ import annotations

from enum import StrEnum

import pytest

from portal.matters.acts import ASSIGN
from portal.matters.chain import CHAIN
from portal.matters.rules import NEEDS
from portal.registry.journal import ENTRIES
from portal.workflow.chain import Chain, ChainError, Move


class S(StrEnum):
    A = "a"
    B = "b"
    C = "c"


def _chain(*moves: Move, ends: frozenset[StrEnum] = frozenset({S.C})) -> Chain:
    return Chain("x", S.A, ends, moves)


def test_two_rows_for_one_event_and_state() -> None:
    with pytest.raises(ChainError, match="two rows"):
        _chain(*(Move("go", S.A, S.C, ASSIGN),) * 2)


def test_a_state_that_cannot_be_reached() -> None:
    with pytest.raises(ChainError, match="cannot reach"):
        _chain(Move("go", S.A, S.C, ASSIGN), Move("go", S.B, S.C, ASSIGN))


def test_a_dead_end() -> None:
    with pytest.raises(ChainError, match="no way out"):
        _chain(Move("go", S.A, S.B, ASSIGN), Move("end", S.A, S.C, ASSIGN))


def test_a_way_out_of_an_end() -> None:
    with pytest.raises(ChainError, match="is an end"):
        _chain(Move("go", S.A, S.C, ASSIGN), Move("back", S.C, S.A, ASSIGN))


@pytest.mark.parametrize("move", CHAIN.moves, ids=lambda m: f"{m.source}-{m.event}")
def test_every_row_names_conditions_and_words_that_exist(move: Move) -> None:
    assert set(move.needs) <= NEEDS.keys()
    assert move.event in ENTRIES
