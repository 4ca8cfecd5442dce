"""The browser's Back: a form that was filed leads to what it made, and a list's conditions are those of what it shows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Entry, Matter
from tests.world import World


def count(world: World, model: Any, *which: Any) -> int:
    with world.work():
        return db.session.scalar(select(func.count(model.id)).where(*which).options(as_seen_by(SYSTEM))) or 0


def fill(page: Any, **words: str) -> None:
    for name, said in words.items():
        page.fill(f"main [name={name}]", said)


def registered(visitor: Any) -> str:
    """Registers an instruction; its page's address."""
    page = visitor.open("instructions/register")
    page.check("main [name=source_level][value=city]")
    fill(page, leader="张书记", title="关于饮水的情况反映", document_number="市委办〔2026〕999号", text="请认真办理。")
    fill(page, instructed_on="2026-01-05", received_on="2026-01-06")
    visitor.press("登记")
    return str(page.url)


def test_I59_back_after_registering_leads_to_what_was_registered(world: World, visit: Any) -> None:
    clerk = visit("city.supervisor")
    there = registered(clerk)
    assert "/matters/" in there
    clerk.page.go_back()
    clerk.page.wait_for_load_state()
    if "/register" in clerk.page.url:  # out of the browser's memory: what is sent again is the same form
        clerk.press("登记")
    assert clerk.page.url == there
    assert "这张表已经提交过" in clerk.text() or "已登记" in clerk.text()
    assert count(world, Matter, Matter.city_id == world.id) == 1
    assert "/instructions/register" in registered(clerk)  # a new form with the same paper asks
    assert re.search(r"温督〔\d+〕1号", clerk.text())
    clerk.page.check("main [name=beside]")
    clerk.press("登记")
    assert "/matters/" in clerk.page.url
    assert count(world, Matter, Matter.city_id == world.id) == 2


def test_back_after_urging_urges_no_second_time(world: World, visit: Any) -> None:
    matter_id = world.name_handler(world.assign(world.register()))
    clerk = visit("city.supervisor")
    page = clerk.open(f"matters/{matter_id}/urge")
    page.fill("main textarea", "请抓紧")
    clerk.page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"**/matters/{matter_id}")
    page.go_back()
    page.wait_for_load_state()
    if "/urge" in page.url:
        page.locator("main form button.btn-primary").click()
        page.wait_for_load_state()
    assert count(world, Entry, Entry.record_id == matter_id, Entry.kind == "urge") == 1
    page.goto(f"{clerk.address}/{world.slug}/matters/{matter_id}/urge")  # and a new form is a new one
    page.fill("main textarea", "再催一次")
    page.locator("main form button.btn-primary").click()
    page.wait_for_url(f"**/matters/{matter_id}")
    assert count(world, Entry, Entry.record_id == matter_id, Entry.kind == "urge") == 2


def test_after_back_the_conditions_are_those_of_the_list(world: World, visit: Any) -> None:
    world.register(title="关于饮水的情况反映")
    world.register(title="关于停车的情况反映")
    clerk = visit("city.supervisor")
    page = clerk.open("instructions")
    page.fill("#f-q", "停车")
    page.select_option("#f-source", "city")
    page.click("form.filters .acts button")
    page.wait_for_url("**q=*")
    assert page.locator("#register-list tbody a.t").count() == 1
    page.go_back()
    page.wait_for_url("**/instructions")
    assert page.locator("#register-list tbody a.t").count() == 2
    assert page.input_value("#f-q") == ""
    assert page.input_value("#f-source") == ""
    assert "q=" not in (page.locator("a:has-text('导出')").get_attribute("href") or "")
    page.go_forward()
    page.wait_for_url("**q=*")
    assert page.input_value("#f-q") == "停车"
    assert page.locator("#register-list tbody a.t").count() == 1


@pytest.mark.parametrize("width", [1280, 1100, 360])
def test_a_list_with_dates_of_another_year_fits_the_window(world: World, visit: Any, width: int) -> None:
    day = clock.today() - timedelta(days=400)
    for number in range(3):
        words = {"title": "关于老旧小区加装电梯的情况反映" * (number + 1), "document_number": "中共温州市委办公室督办〔2026〕999号"}
        matter_id = world.name_handler(world.assign(world.register(received_on=day, **words)))
    world.submit(world.progress(world.acknowledge(matter_id)))
    with world.work():
        for changed in (
            "UPDATE record SET number = '永嘉县卫督内〔2026〕' || (100 + sequence) || '号' WHERE city_id = :city",
            "UPDATE matter SET returns = 2, original_due_on = due_on - 400, lead_unit_name = '永嘉县人力资源和社会保障局'"
            " WHERE city_id = :city",
        ):
            db.session.execute(text(changed), {"city": world.id})
    clerk = visit("city.supervisor", width=width)
    for path in ("instructions", "instructions?sort=due", "", f"matters/{matter_id}"):
        clerk.open(path)  # looks at the width too
    with clerk.page.expect_navigation():
        clerk.page.locator("button[name=language]").first.evaluate("button => button.click()")
    clerk.open("instructions")
