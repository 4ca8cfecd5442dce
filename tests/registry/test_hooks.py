"""What a floor asks of the features above it: each is asked, none takes another's place."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from portal.access.roles import Role
from portal.app import check_ready
from portal.bylaws import service as bylaws
from portal.documents import numbering
from portal.features import FEATURES
from portal.kernel.db import current_city
from portal.kernel.refusals import Invalid
from portal.network import business
from portal.notify import ladder
from portal.registry.feature import Feature, refuse_contradictions
from portal.registry.hooks import LADDERS, ON_UNIT_CHANGE, OnCalendarChange, OnUnitChange
from portal.registry.registered import Registered, Unregistrable
from tests.world import World


def asked(*rows: Any) -> Registered[Any]:
    found: Registered[Any] = Registered("hook")
    found.fill([(f"feature {number}", row) for number, row in enumerate(rows)])
    return found


def test_every_feature_follows_a_change_of_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    first = OnUnitChange(lambda *said: seen.append(("first", said)), seen.append, lambda _ids: {(1, Role.HANDLER)})
    second = OnUnitChange(lambda *said: seen.append(("second", said)), seen.append, lambda _ids: {(2, "supervisor")})
    monkeypatch.setattr(business, "ON_UNIT_CHANGE", asked(first, second))
    business.follow("actor", None, "former", "heir")  # type: ignore[arg-type]
    assert seen == [("first", ("actor", None, "former", "heir")), ("second", ("actor", None, "former", "heir"))]
    assert business.seats([1, 2]) == {(1, Role.HANDLER), (2, Role.SUPERVISOR)}


def test_what_is_open_in_a_unit_is_of_all_features_and_no_longer_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business, "OPEN_IN_UNIT", asked(lambda *_said: ["a", "b"], lambda *_said: ["c", "d"]))
    assert business.open_in(SimpleNamespace(), 1, 3) == ["a", "b", "c"]  # type: ignore[arg-type]


def test_every_feature_follows_a_new_calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    first = OnCalendarChange(lambda *said: seen.append(("first", said)), lambda *_said: ["a"])
    second = OnCalendarChange(lambda *said: seen.append(("second", said)), lambda *_said: ["b"])
    monkeypatch.setattr(bylaws, "_FOLLOWERS", asked(first, second))
    bylaws.follow("calendar", "days")  # type: ignore[arg-type]
    assert seen == [("first", ("calendar", "days")), ("second", ("calendar", "days"))]
    assert bylaws.would_move("reader", "calendar") == ["a", "b"]  # type: ignore[arg-type, comparison-overlap]


def test_the_first_that_knows_a_clock_answers_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "LADDERS", asked(lambda *_said: None, lambda *_said: "second", lambda *_said: "third"))
    assert ladder._asked(1, uuid4(), ()) == "second"  # type: ignore[comparison-overlap]
    monkeypatch.setattr(ladder, "LADDERS", asked(lambda *_said: None))
    assert ladder._asked(1, uuid4(), ()) is None


def test_any_feature_may_refuse_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise Invalid("no")

    monkeypatch.setattr(numbering, "BEFORE_NUMBER", asked(lambda: None, refuse))
    with pytest.raises(Invalid):
        numbering.next_number(1, "series", 2026)


def test_every_part_of_the_start_is_done_in_each_city(
    world: World, new_world: Callable[[], World], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[str, int | None]] = []
    parts = asked(lambda: done.append(("first", current_city())), lambda: done.append(("second", current_city())))
    monkeypatch.setattr("portal.app.AT_START", parts)
    other = new_world()
    check_ready(world.app)
    for city in (world.id, other.id):
        assert [which for which, of in done if of == city] == ["first", "second"]


def test_whoever_is_asked_twice_is_refused() -> None:
    [resolve] = LADDERS
    [follows] = ON_UNIT_CHANGE
    for again in (Feature(name="bells", ladders=(resolve,)), Feature(name="bells", on_unit_change=(follows,))):
        with pytest.raises(Unregistrable, match=r"bells: a .* is registered by matters already"):
            refuse_contradictions((*FEATURES, again))
