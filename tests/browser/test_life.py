"""The whole life of a provincial instruction, in a browser, as seven people."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

from tests.at_the_door import PASSWORD
from tests.world import World


def _register(page: Page, *, level: str, title: str, lead: str, confidential: bool = False) -> None:
    page.get_by_label(level, exact=True).check()
    page.get_by_label("批示领导", exact=False).first.fill("省长")
    page.locator("#instructed_on").fill("2026-01-05")
    page.locator("#received_on").fill("2026-01-06")
    page.locator("#text").fill("请认真核查，按时报结。")
    page.locator("#title").fill(title)
    page.locator("#lead_unit").fill(lead)
    if confidential:
        page.locator("#confidential").check()


def _sign(visitor: Any, button: str) -> None:
    page = visitor.page
    page.get_by_role("link", name=re.compile("签批|核稿|审签|签发|阅读")).first.click()
    page.wait_for_load_state()
    visitor.look()
    page.locator("#sign input[type=password]").fill(PASSWORD)
    page.locator(f"#sign button:has-text('{button}')").click()
    page.wait_for_load_state()
    visitor.look()


def test_seven_people_live_the_life_of_an_instruction(visit: Any, world: World) -> None:
    supervisor = visit("city.supervisor", by_hand=True)
    supervisor.open("instructions/register")
    _register(supervisor.page, level="省", title="关于学校食堂管理的情况反映", lead="330300-WJ")
    supervisor.press("登记")
    url = supervisor.page.url
    assert "〔" in supervisor.text()
    assert "1月21日" in supervisor.text()
    supervisor.press("交办")
    supervisor.press("交办")
    assert "市卫生健康委员会" in supervisor.text()

    liaison = visit("health.liaison")
    liaison.open(url)
    liaison.press("指定承办人")
    liaison.page.locator("#handler").select_option(str(world.posts["health.handler"]))
    liaison.press("指定")

    handler = visit("health.handler", by_hand=True, width=360)
    handler.open(url)
    handler.press("签收")
    handler.press("进展")
    handler.page.locator("#words").fill("已到三所学校核查。")
    handler.press("进展")
    assert "已到三所学校核查。" in handler.text()
    handler.press("报结")
    handler.page.locator("#text").fill(
        "一、核查的事实\n反映的情况属实。\n二、原因\n责任不明确。\n三、整改措施\n已明确责任人。\n四、结果\n整改到位。"
    )
    handler.press("提交签批")
    assert "签批" in handler.text()

    director = visit("health.director")
    director.open(url)
    _sign(director, "核稿")
    deputy = visit("health.deputy")
    deputy.open(url)
    _sign(deputy, "审签")
    leader = visit("health.leader")
    leader.open(url)
    _sign(leader, "签发")
    assert re.search(r"温卫党组〔\d{4}〕1号", leader.text())

    supervisor.open(url)
    supervisor.press("退回重办")
    supervisor.page.locator("input[name=failed]").nth(2).check()
    supervisor.page.locator("#reason").fill("未写责任如何追究。")
    supervisor.press("退回")
    handler.open(url)
    handler.press("报结")
    handler.press("提交签批")
    for who, button in ((director, "核稿"), (deputy, "审签"), (leader, "签发")):
        who.open(url)
        _sign(who, button)
    head = visit("city.head")
    head.open(url)
    head.press("办结")
    head.press("办结")
    assert "已办结" in head.text()
    assert world.matter(_id(url)).returns == 1


def _id(url: str) -> Any:
    from uuid import UUID

    found = re.search(r"[0-9a-f]{8}-[0-9a-f-]{27}", url)
    assert found is not None
    return UUID(found.group())


def test_a_confidential_one_is_a_shell_to_its_office_and_nothing_to_a_colleague(visit: Any, world: World) -> None:
    supervisor = visit("city.supervisor")
    supervisor.open("instructions/register")
    _register(supervisor.page, level="市", title="关于青砚计划的情况反映", lead="330300-WJ", confidential=True)
    supervisor.press("登记")
    url = supervisor.page.url
    matter_id = _id(url)
    world.assign(matter_id, handler="health.handler")
    supervisor.open(url)
    assert "青砚" not in supervisor.page.content()
    assert "内容只向知悉范围内人员显示" in supervisor.text()
    handler = visit("health.handler")
    handler.open(url)
    assert "青砚" in handler.text()
    for name in ("health.liaison", "health.leader", "county.supervisor"):
        stranger = visit(name)
        answer = stranger.page.goto(url)
        assert answer.status == 404
        stranger.open("instructions")
        assert "青砚" not in stranger.page.content()
        assert str(matter_id) not in stranger.page.content()
