"""A report sent back is written on and compared with what was submitted before it, at a desk and on a telephone."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.service import reporting
from portal.papers.models import Paper
from tests.world import World

FORMER = "一、核查的事实\n反映的情况属实，涉及小区12个。\n二、原因\n责任不明确。\n三、整改措施\n已明确责任人，于11月20日完成整改。"
LATER = (
    "一、核查的事实\n经现场核查，反映的情况属实，涉及小区13个。\n二、原因\n责任不明确，部门之间衔接不紧。\n三、整改措施\n"
    "已明确责任人为分管副主任，于11月28日完成整改。今后每月抽查一次，结果报市委督查室。\n四、责任追究\n对两名责任人予以批评教育。"
)


@pytest.mark.parametrize("width", [1280, 360])
def test_the_handler_and_the_next_signer_see_what_changed(visit: Any, world: World, width: int) -> None:
    matter_id = world.at_work()
    handler = visit("health.handler", width=width)
    handler.open(f"matters/{matter_id}/report")
    handler.press("开始写")
    handler.page.locator("#text").fill(FORMER)
    handler.press("提交签批")
    report_id = world_report(world, matter_id)
    with world.work("health.director"):
        reporting.send_back(world.actor("health.director"), report_id, step=1, reason="请写明责任人和今后如何抽查，数字再核一遍。")
    handler.open(f"matters/{matter_id}")
    handler.press("写报结材料")
    assert "请写明责任人" in handler.text()
    handler.page.locator("#text").fill(LATER)
    handler.press("存草稿")
    handler.page.get_by_role("link", name="与上一稿对比").click()
    handler.look()
    assert handler.page.locator(".changes ins").count() > 3
    assert "四、责任追究" in handler.text()
    handler.press("继续写")
    handler.press("提交签批")
    director = visit("health.director", width=width)
    director.open(f"reports/{report_id}")
    director.press("与上一稿对比")
    assert "请写明责任人" in director.text()
    assert director.page.locator(".changes del").first.inner_text().endswith("12")


def world_report(world: World, matter_id: Any) -> Any:
    """The matter's report."""
    with world.work():
        return db.session.scalars(select(Paper.id).where(Paper.record_id == matter_id).options(as_seen_by(SYSTEM))).one()
