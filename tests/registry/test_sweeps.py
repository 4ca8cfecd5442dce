"""The parts of a sweep: of the features, in a declared order, and what sends waits while a restored database is held."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.features import FEATURES
from portal.notify import jobs
from portal.notify.jobs import fire_due
from portal.registry.feature import Feature, refuse_contradictions
from portal.registry.registered import Registered, Unregistrable
from portal.registry.sweeps import SWEEPS, Sweep
from tests.world import World


def test_the_parts_stand_in_their_order() -> None:
    assert [str(sweep) for sweep in SWEEPS] == [
        "tell_of_lock_outs",
        "carry_out_changes",
        "pass_on_ended_posts",
        "go_on_with_successors",
        "follow_new_calendar",
        "tidy_lapsed",
        "take_missing",
        "remind_drives",
        "tell_of_appointments",
        "ask_to_confirm",
        "forget_expired",
        "forget_sign_ins",
        "note_sweep",
        "fire_due",
        "gather",
        "tell_of_missing_calendar",
        "send_waiting",
    ]
    assert [str(sweep) for sweep in SWEEPS if sweep.sends] == ["fire_due", "gather", "send_waiting"]


def test_a_part_that_another_feature_has_is_refused() -> None:
    with pytest.raises(Unregistrable, match="bells: a part of the sweep is registered by notify already: fire_due"):
        refuse_contradictions((*FEATURES, Feature(name="bells", sweeps=(Sweep(5, fire_due),))))


def test_what_fails_does_not_hold_up_the_others_and_what_is_held_does_not_send(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []

    def part(name: str) -> Callable[[], object]:
        return lambda: done.append(name)

    def failing() -> None:
        raise RuntimeError("broken")

    parts: Registered[Sweep] = Registered("part", order=lambda sweep: sweep.order)
    parts.fill([("bells", Sweep(3, part("last"))), ("bells", Sweep(1, failing)), ("steps", Sweep(2, part("sends"), sends=True))])
    monkeypatch.setattr(jobs, "SWEEPS", parts)
    with world.work():
        jobs.sweep_city()
        jobs.sweep_city(held=True)
    assert done == ["sends", "last", "last"]
    assert "sweep: failing failed" in caplog.text
