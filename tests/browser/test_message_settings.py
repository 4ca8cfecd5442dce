"""How one is told, on a desk and on a telephone, where mail is open: the choices, what is refused, and an address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from portal.identity.models import Person
from portal.kernel.db import db
from portal.notify import channels
from portal.notify.mail import Mail
from tests.world import World


@pytest.fixture
def with_mail(world: World) -> Iterator[None]:
    """Mail is open in this process, and everybody has an address; nobody sweeps."""
    with world.work():
        db.session.execute(update(Person).where(Person.city_id == world.id).values(email="zhou.wenwu@wz.example"))
    channels._channels["mail"] = Mail("smtp://127.0.0.1:9", "duban@duban.example", "https://duban.example")
    yield
    channels._channels.clear()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_settings_and_an_address_are_changed_at_any_width(visit: Any, with_mail: None, width: int, language: str) -> None:
    visitor = visit("city.duty", width=width)
    page = visitor.page
    if language == "en":
        with page.expect_navigation():
            page.evaluate("document.querySelector('button[name=language]').click()")
    visitor.open("messages/settings")
    page.select_option("#mail_tasks", "digest")
    page.fill("#quiet_from", "22:00")
    page.check("#quiet_days_off")
    save = page.locator("main form .btn-primary")
    save.click()  # half of the quiet hours is missing
    page.wait_for_load_state()
    visitor.look()
    assert page.locator(".error-box").is_visible()
    assert page.input_value("#mail_tasks") == "digest"
    page.fill("#quiet_to", "07:00")
    save.click()
    page.wait_for_load_state()
    visitor.look()
    assert page.locator(".notice").is_visible()
    assert (page.input_value("#quiet_from"), page.input_value("#quiet_to")) == ("22:00", "07:00")

    page.locator("aside a.btn").click()
    page.wait_for_load_state()
    visitor.look()
    page.fill("#address", "li.wu@wz.example")
    page.locator("main .btn-primary").click()
    page.wait_for_load_state()
    visitor.look()
    page.fill("#code", "x")
    page.locator("main .btn-primary").click()
    page.wait_for_load_state()
    visitor.look()
    assert page.locator(".field-error").is_visible()


def test_the_settings_are_kept_without_script(visit: Any, chromium: Any, world: World, with_mail: None) -> None:
    visitor = visit("health.handler")
    context = chromium.new_context(java_script_enabled=False, storage_state=visitor.context.storage_state())
    page = context.new_page()
    page.goto(f"{visitor.address}/{world.slug}/messages/settings")
    page.select_option("#mail_office", "off")
    page.click("main form .btn-primary")
    assert page.input_value("#mail_office") == "off"
    context.close()
