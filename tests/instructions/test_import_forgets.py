"""What the importer of a confidential row could read ends when the matter is assigned; when it comes again it is known."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.audit.models import Reading
from portal.identity.models import Person
from portal.importing.models import ImportPreview
from portal.importing.reading import read_rows
from portal.instructions.importing import COLUMNS
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import Content, Matter
from portal.matters.sameness import take_missing
from portal.matters.workflow import enact
from portal.workflow.verbs import Said
from tests.instructions.test_importing import TODAY, book, row
from tests.world import World

SECRET = {"来文标题": "关于青砚计划的情况反映", "批示领导": "青书记", "批示内容": "青砚一事请阅。", "来文字号": "青办〔2026〕8号"}
WORDS = ("青砚", "青书记", "青办")


@pytest.fixture(autouse=True)
def _that_day() -> Any:
    with clock.set_to(clock.at(TODAY, 10)):
        yield


def _rows() -> list[dict[str, Any]]:
    """A confidential row with a co-unit, which is worth a look, and an open one."""
    return [row(**SECRET, 是否保密="是"), row(来文字号="市委办〔2026〕10号")]


def _upload(world: World, data: bytes, by: str = "city.supervisor") -> str:
    """The address of the preview."""
    client = world.browser(by)
    answer = client.post(
        world.url("instructions/import"), data={"csrf_token": world.token(client), "workbook": (io.BytesIO(data), "登记表.xlsx")}
    )
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def _import(world: World, address: str, by: str = "city.supervisor") -> int:
    client = world.browser(by)
    return client.post(address, data={"csrf_token": world.token(client), "how": "good"}).status_code


def _said(world: World, address: str, by: str = "city.supervisor") -> str:
    """Everything that the importer is shown of it: the page, and the report's cells."""
    client = world.browser(by)
    page = client.get(address).get_data(as_text=True)
    report = client.get(f"{address}/report")
    assert report.status_code == 200
    sheet = read_rows(report.data, titles=COLUMNS) if report.mimetype != "text/html" else None
    cells = [cell.text for one in sheet.rows for cell in one.cells] if sheet else []
    return page + "\n".join(cells)


def _registered(world: World) -> list[Matter]:
    with world.work():
        found = select(Matter).where(Matter.city_id == world.id).order_by(Matter.confidential.desc()).options(as_seen_by(SYSTEM))
        return list(db.session.scalars(found))


def _silent(text: str) -> bool:
    return not any(word in text for word in WORDS)


def test_I49_after_the_assignment_the_importer_reads_no_word_of_it_anywhere(world: World) -> None:
    data = book(*_rows())
    address, other, dropped = (_upload(world, data) for _time in range(3))
    client = world.browser("city.supervisor")
    client.post(dropped, data={"csrf_token": world.token(client), "how": "none"})
    assert not _silent(_said(world, address))
    assert _import(world, address) == 303
    assert not _silent(_said(world, address))  # he reads it, as its registrar
    secret, _open = _registered(world)
    world.assign(secret.id, handler="health.handler")
    for each in (address, other, dropped):
        assert _silent(_said(world, each)), each
    assert "限定知悉，已登记" in _said(world, address)
    for again in (other, _upload(world, data)):
        said = _said(world, again)
        assert said.count("已登记过同一件") >= 2
        assert secret.number in said
        assert _silent(said)
        assert _import(world, again) != 500
    assert len(_registered(world)) == 2


def test_I49_nor_of_one_that_was_imported_open_and_made_confidential(world: World) -> None:
    data = book(row(来文字号=SECRET["来文字号"]), row(**SECRET, 是否保密="否"))  # of one number: worth a look
    address, other = (_upload(world, data) for _time in range(2))
    assert _import(world, address) == 303
    opened = next(one for one in _registered(world) if "青砚" in world.matter(one.id).content.title)  # type: ignore[union-attr]
    world.assign(opened.id)
    assert "青砚" in _said(world, address)
    with world.work("city.supervisor"):
        made = enact(world.actor("city.supervisor"), verbs.MAKE_CONFIDENTIAL, opened.id, Said(words="涉及个人隐私")).result.id
    world.assign(made, handler="health.handler")
    for each in (address, other, _upload(world, data)):
        assert "青砚" not in _said(world, each), each


def test_confidential_rows_open_to_whoever_has_shown_lately_that_it_is_he(world: World) -> None:
    address = _upload(world, book(*_rows()))
    client = world.browser("city.supervisor")
    assert client.get(address).status_code == 200
    for minutes in (8, 16):  # he goes on working, and is not asked meanwhile
        with clock.set_to(clock.at(TODAY, 10, minutes)):
            client.get(world.url("sign-ins"))
            answer = client.get(address)
            report = client.get(f"{address}/report")
    assert answer.status_code == report.status_code == 303
    assert "/confirm" in answer.location


def test_who_may_be_somebody_else_finds_no_workbook(world: World) -> None:
    address = _upload(world, book(*_rows()))
    with world.work():
        db.session.get(Person, world.people["city.supervisor"]).suspended_at = clock.now()  # type: ignore[union-attr]
    client = world.browser("city.supervisor")
    assert [client.get(each).status_code for each in (address, f"{address}/report")] == [404, 404]
    assert address not in client.get(world.url("instructions/import")).get_data(as_text=True)


def test_I49_what_he_reads_of_it_before_the_assignment_is_a_reading(world: World) -> None:
    address = _upload(world, book(*_rows()))
    _import(world, address)
    secret, _open = _registered(world)

    def read() -> list[str]:
        with world.work():
            return list(db.session.scalars(select(Reading.what).where(Reading.record_id == secret.id).order_by(Reading.id)))

    client = world.browser("city.supervisor")
    client.get(f"{address}/report")
    assert read() == ["download"]
    world.assign(secret.id, handler="health.handler")
    client.get(f"{address}/report")
    assert read() == ["download"]


def test_I49_only_the_office_that_registered_it_is_told(world: World) -> None:
    _import(world, _upload(world, book(row(**SECRET, 是否保密="是"))))
    secret = _registered(world)[0]
    world.assign(secret.id, handler="health.handler")
    for by, told in (("city.head", True), ("county.supervisor", False)):
        mine = {"登记单位代码": None, "主办单位代码": "330324-WJ" if by.startswith("county") else "330300-WJ", "协办单位代码": None}
        said = _said_once(world, _upload(world, book(row(**SECRET, 是否保密="是", **mine)), by), by)
        assert ("已登记过同一件" in said) == told, by


def _said_once(world: World, address: str, by: str) -> str:
    return world.browser(by).get(address).get_data(as_text=True)


def test_a_corrected_one_is_recognised_as_it_is_now_and_a_withdrawn_one_is_not(world: World) -> None:
    matter_id = world.register(confidential=True, title=SECRET["来文标题"], received_on=TODAY)
    workbook = book(
        row(来文标题=SECRET["来文标题"], 批示领导="张书记", 批示日期=TODAY.replace(day=22), 收到日期=TODAY, 来文字号=None)
    )
    assert "已登记过同一件" in _said_once(world, _upload(world, workbook), "city.supervisor")
    with world.work():
        db.session.execute(
            update(Content).where(Content.record_id == matter_id).values(fingerprint=None).options(as_seen_by(SYSTEM))
        )
        take_missing()  # of what was registered before there were such: part of every sweep
    assert "已登记过同一件" in _said_once(world, _upload(world, workbook), "city.supervisor")
    with world.work():
        db.session.execute(update(Matter).where(Matter.id == matter_id).values(state="withdrawn").options(as_seen_by(SYSTEM)))
    assert "已登记过同一件" not in _said_once(world, _upload(world, workbook), "city.supervisor")


def test_a_fingerprint_cannot_be_guessed_without_the_key_nor_made_by_registering_elsewhere(world: World) -> None:
    secret, opened = world.register(confidential=True), world.register()
    elsewhere = world.register("county.supervisor", unit="county", confidential=True)
    kept = [world.matter(one).content.fingerprint for one in (secret, opened, elsewhere)]  # type: ignore[union-attr]
    assert len(set(kept)) == 3  # all of one paper
    assert [bool(re.fullmatch("[0-9a-f]{8}:[0-9a-f]{55}", one or "")) for one in kept] == [True, False, True]


def test_the_preview_of_another_is_still_nobody_elses(world: World) -> None:
    address = _upload(world, book(*_rows()))
    assert world.browser("city.head").get(address).status_code == 404
    assert world.browser("city.supervisor").get(world.url(f"instructions/import/{uuid4()}")).status_code == 404
    with world.work():
        assert db.session.scalars(select(ImportPreview.id).where(ImportPreview.city_id == world.id)).all() == [
            UUID(address.rsplit("/", 1)[-1])
        ]
