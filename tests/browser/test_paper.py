"""What is put on paper: no navigation, no button, no field; and the dates whole, for paper is read another day."""

from __future__ import annotations

from typing import Any

from portal.kernel import clock
from portal.staffing.service import leaving
from tests.world import World

CONTROLS = ".top, .side, .acts, .btn, button, input, select, textarea"


def test_paper_carries_nothing_to_press_or_fill_in(visit: Any, world: World) -> None:
    matter_id, report_id = world.at_work(), world.submit(world.at_work())
    with world.work("city.secretariat"):
        left = leaving.hand_over(
            world.actor("city.secretariat"),
            world.people["health.handler2"],
            {world.posts["health.handler2"]: world.posts["health.handler"]},
            reason="调任",
        )
        handover = f"network/handovers/{left.id}"
    walk = {
        "city.supervisor": ["", "instructions", f"matters/{matter_id}", f"matters/{matter_id}/slip", "calendar"],
        "health.director": [f"reports/{report_id}"],
        "health.handler": [handover],
    }
    for person, paths in walk.items():
        visitor = visit(person)
        visitor.page.emulate_media(media="print")
        for path in paths:
            page = visitor.open(path, look=False)
            shown = page.eval_on_selector_all(
                CONTROLS, "found => found.filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 80))"
            )
            assert shown == [], path
            assert page.inner_text("main").strip(), path


def test_the_slip_names_the_year(visit: Any, world: World) -> None:
    matter_id = world.at_work()
    due, today = world.matter(matter_id).due_on, clock.today()
    slip = visit("health.handler").open(f"matters/{matter_id}/slip").inner_text(".slip")
    assert f"{due.year}年{due.month}月{due.day}日 24:00" in slip
    assert f"{today.year}年{today.month}月{today.day}日" in slip and "今日" not in slip
