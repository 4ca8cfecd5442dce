"""Whose business a confidential matter is: of two supervisors of one office only the one who registered or assigned it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from portal.access.actor import Actor, Standing
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.matters.acts import ASSIGN, NAME_HANDLER, REASSIGN_UNIT, URGE, WITHDRAW
from portal.registry.acts import Act

OFFICE, UNIT = 12, 1
REGISTRAR, COLLEAGUE, HEAD = 1, 2, 3


def person(person_id: int, role: Role) -> Actor:
    return Actor(person_id, 1, "某人", (Standing(person_id, role, OFFICE, "督查室", UNIT, (UNIT,)),))


def matter(**more: Any) -> Any:
    return SimpleNamespace(**{
        "confidential": True, "registering_unit_id": UNIT, "supervising_unit_id": UNIT, "supervised_by_office": True,
        "registered_by_id": REGISTRAR, "assigned_by_id": None, "content": None, "lead_unit_id": None, "lead_unit": None, **more,
    })  # fmt: skip


@pytest.mark.parametrize("act", [ASSIGN, REASSIGN_UNIT, WITHDRAW, NAME_HANDLER], ids=str)
def test_a_colleague_takes_no_confidential_matter_by_naming_its_handler(act: Act) -> None:
    assert allowed(person(REGISTRAR, Role.SUPERVISOR), act, matter())
    assert allowed(person(HEAD, Role.SUPERVISION_HEAD), act, matter())
    refused = allowed(person(COLLEAGUE, Role.SUPERVISOR), act, matter())
    assert not refused
    assert refused.unmet[-1].startswith("限定知悉的事项，须由登记或交办它的督查员本人")
    assert allowed(person(COLLEAGUE, Role.SUPERVISOR), act, matter(assigned_by_id=COLLEAGUE))


@pytest.mark.parametrize("act", [ASSIGN, REASSIGN_UNIT, WITHDRAW], ids=str)
def test_an_open_one_is_the_whole_offices(act: Act) -> None:
    assert allowed(person(COLLEAGUE, Role.SUPERVISOR), act, matter(confidential=False))


def test_urging_stays_with_the_whole_office() -> None:
    assert allowed(person(COLLEAGUE, Role.SUPERVISOR), URGE, matter())
