"""The rarer acts of a matter's page: folded away, and reached by keyboard, by thumb and without script."""

from __future__ import annotations

from typing import Any

import pytest

from tests.world import World


@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_folded_away_is_reached_by_keyboard(visit: Any, world: World, width: int) -> None:
    matter_id = world.at_work()
    supervisor = visit("city.supervisor", width=width)
    page = supervisor.open(f"matters/{matter_id}")
    withdraw = page.locator(".more a:has-text('撤销')")
    assert not withdraw.is_visible()
    page.locator(".more > summary").focus()
    page.keyboard.press("Enter")
    assert withdraw.is_visible()
    reached = []
    for _step in page.locator(".more li").all():
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.innerText"))
    assert "撤销" in reached and reached == page.locator(".more li").all_inner_texts()
    supervisor.look()
    withdraw.press("Enter")
    page.wait_for_url("**/withdraw*")


def test_under_a_thumb_no_button_or_field_is_lower_than_44_px(visit: Any, world: World) -> None:
    matter_id = world.at_work()
    supervisor = visit("city.supervisor", width=360)
    for path in ("", "instructions", "instructions/register", f"matters/{matter_id}", f"matters/{matter_id}/urge"):
        page = supervisor.open(path, look=False)
        low = page.eval_on_selector_all(
            ".btn, .form-control, .form-select, .top a, summary, .views a",
            "found => found.filter(e => e.offsetHeight && e.offsetHeight < 43).map(e => e.outerHTML.slice(0, 80))",
        )
        assert low == [], path
