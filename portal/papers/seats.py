"""The shape of a sign-off, given by whoever submits the paper: its seats in order. Who sits in them is asked of the network.

A paper is submitted only where every seat is held, and by persons enough that nobody meets himself in the chain.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import combinations

from portal.access.roles import Role
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.network.models import Unit
from portal.network.queries import Holder, signers


@dataclass(frozen=True, slots=True)
class Seat:
    """One step of a shape: what is done there, and in which seat of which unit."""

    kind: str
    role: Role
    unit_id: int


@dataclass(frozen=True, slots=True)
class Shape:
    """The seats of a sign-off, one strictly after another; the last one issues."""

    name: str
    seats: tuple[Seat, ...]


STEP_LABELS = {
    "check": _l("核稿"),
    "endorse": _l("审签"),
    "countersign": _l("会签"),
    "issue": _l("签发"),
}


def candidates(seat: Seat, drafters: Collection[int], *, confidential: bool) -> list[Holder]:
    """Who may sign in this seat today, the drafters in none of their posts."""
    return not_drafters(signers(seat.unit_id, seat.role, confidential=confidential), drafters)


def not_drafters(holders: Sequence[Holder], drafters: Collection[int]) -> list[Holder]:
    """Without the drafters, and without whoever stands in for a drafter in the seat: he would sign in the drafter's name."""
    theirs = {h.post_id for h in holders if h.person_id in drafters and h.delegation_id is None}
    return [h for h in holders if h.person_id not in drafters and h.post_id not in theirs]


def holders_to_choose(seats: Sequence[Seat], drafters: Collection[int], *, confidential: bool) -> dict[int, list[Holder]]:
    """Step number → holders, for seats with several: whoever submits names one."""
    found = {}
    for number, seat in enumerate(seats, start=1):
        own = [h for h in candidates(seat, drafters, confidential=confidential) if h.delegation_id is None]
        if len(own) > 1:
            found[number] = own
    return found


def vacant(seats: Sequence[Seat], drafters: Collection[int], *, confidential: bool) -> list[str]:
    """A sentence for every seat that nobody holds, or one for those among which somebody would meet himself: the chain
    cannot be submitted."""
    people = [candidates(seat, drafters, confidential=confidential) for seat in seats]
    if not all(people):
        return [
            _(
                "%(step)s需要%(unit)s的%(role)s，该岗位现无人在任",
                step=STEP_LABELS[seat.kind],
                unit=_unit_name(seat),
                role=seat.role.label,
            )
            for seat, able in zip(seats, people, strict=True)
            if not able
        ]
    short = _too_few([{h.person_id for h in able} for able in people])
    if not short:
        return []
    names = dict.fromkeys(h.name for number in short for h in people[number])
    return [
        _(
            "%(steps)s现在只有%(names)s可签，同一份材料不能由一个人签两步；请先由秘书处任职，或由本人委托他人代签",
            steps="、".join(str(STEP_LABELS[seats[number].kind]) for number in short),
            names="、".join(names),
        )
    ]


def _too_few(seats: Sequence[set[int]]) -> tuple[int, ...]:
    """The smallest group of seats that together have fewer persons than seats; empty where each can have one of its own."""
    for size in range(2, len(seats) + 1):
        for group in combinations(range(len(seats)), size):
            if len(set().union(*(seats[number] for number in group))) < size:
                return group
    return ()


def _unit_name(seat: Seat) -> str:
    unit = db.session.get(Unit, seat.unit_id)
    return unit.name if unit else ""
