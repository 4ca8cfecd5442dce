from __future__ import annotations
from datetime import date, timedelta
from typing import Any
import pytest
from flask import Flask
from sqlalchemy import text
from portal.kernel import clock
from portal.kernel.db import db
from portal.web import formats
from tests.world import World

@pytest.fixture(autouse=True)
def later(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from flask_babel import get_locale
    for name in ("month_day","day_and_weekday","short_day","moment","long_moment","deadline","due_day","due_month_day"):
        fn = getattr(formats, name)
        monkeypatch.setitem(app.jinja_env.filters, name, lambda v, fn=fn: fn(v, "en" if str(get_locale()).startswith("en") else "zh", date(2031, 6, 1)))
    app.jinja_env.cache.clear()

def test_shot(world: World, visit: Any) -> None:
    ids = []
    for number in range(4):
        m = world.register(title="关于老旧小区加装电梯有关问题和群众反映的情况反映" * (number + 1), received_on=clock.today() - timedelta(days=400), document_number="中共温州市委办公室督办〔2026〕999号")
        world.name_handler(world.assign(m, to="health"))
        ids.append(m)
    world.progress(world.acknowledge(ids[0])); world.submit(ids[0])
    with world.work():
        db.session.execute(text("UPDATE matter SET number = '永嘉县卫督内〔2026〕' || (100+sequence) || '号', lead_unit_name='永嘉县人力资源和社会保障局劳动保障监察大队', original_due_on = due_on - 400, returns = 2 WHERE city_id = :city"), {"city": world.id})
    clerk = visit("city.supervisor", width=1280)
    for width in (1280, 1100, 920):
      clerk.page.set_viewport_size({"width": width, "height": 900})
      clerk.open("instructions", look=False)
      print(width, clerk.page.evaluate("document.documentElement.scrollWidth"))
    clerk.page.set_viewport_size({"width": 1280, "height": 900})
    for path in ("instructions", "instructions?sort=due", "", f"matters/{ids[0]}"):
        clerk.open(path, look=False)
        clerk.page.screenshot(path=f"/tmp/w/f.{path.replace('/','_').replace('?','_')[:14]}.png")
        print([e for e in clerk.page.evaluate("[...document.querySelectorAll('body *')].filter(e=>e.getBoundingClientRect().right>1280.5).map(e=>e.tagName+'.'+e.className+':'+e.textContent.slice(0,30)+e.getBoundingClientRect().right)")][:12])
        print(path, clerk.page.evaluate("[document.documentElement.scrollWidth, innerWidth]"), clerk.page.evaluate("[...document.querySelectorAll('main table')].map(t=>[t.className, t.getBoundingClientRect().right, t.scrollWidth, t.parentElement.clientWidth, t.parentElement.scrollWidth])"))
