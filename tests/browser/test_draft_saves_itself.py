"""A draft saves itself while somebody writes, and stands in nobody's way when the form is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route

from tests.world import World


@pytest.mark.parametrize("button", ["存草稿", "提交签批"])
def test_a_form_sent_while_its_draft_is_being_saved_waits_for_that(visit: Any, world: World, tmp_path: Path, button: str) -> None:
    matter_id = world.at_work()
    handler = visit("health.handler")
    handler.open(f"matters/{matter_id}/report")
    handler.press("开始写")
    held: list[tuple[Route, Any]] = []

    def hold(route: Route) -> None:
        if route.request.headers.get("x-requested-with") == "fetch":
            held.append((route, route.fetch()))  # saved, but the page does not know yet
        else:
            route.continue_()

    handler.page.route("**/report", hold)
    paper = tmp_path / "清单.txt"
    paper.write_text("整改清单" * 1000)
    handler.page.locator("input[type=file]").set_input_files(paper)
    handler.page.locator("#text").fill("一、基本情况\n已全部完成整改。")
    for _tenth in range(200):
        if held:
            break
        handler.page.wait_for_timeout(100)
    ((route, answer),) = held
    assert answer.status == 200
    assert len(route.request.post_data_buffer or b"") < 10_000  # the paper does not go along each time
    handler.page.locator(f"main >> button:has-text('{button}')").first.click(no_wait_after=True)
    handler.page.wait_for_timeout(300)
    route.fulfill(response=answer)
    handler.page.wait_for_url("**/matters/*" if button == "提交签批" else "**/report", wait_until="load")
    handler.page.get_by_text("已提交签批" if button == "提交签批" else "草稿已保存").first.wait_for(state="attached")
    assert "另一个页面" not in handler.text()
