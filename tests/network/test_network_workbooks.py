"""The secretariat's workbooks by web: judged row by row, carried out whole, exported as they are imported."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.access.roles import Role
from portal.documents import workbook
from portal.identity import passwords
from portal.identity.models import Person
from portal.importing import service as importing
from portal.importing.reading import read_rows
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.network import previews, rules
from portal.network.models import Post, Unit, UnitChange
from portal.network.plan import POSTS, UNITS
from portal.network.previews import IMPORTS
from tests.network.test_changes import K, all_follows_from_the_rules, do, unit
from tests.world import World

BY = "city.secretariat"


def book(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> bytes:
    target = io.BytesIO()
    workbook.write(target, "表", columns, rows)
    return target.getvalue()


def judged(world: World, kind: str, rows: Sequence[Sequence[Any]], by: str = BY) -> tuple[UUID, dict[str, Any]]:
    with world.work(by):
        titles = IMPORTS[kind].titles
        kept = importing.upload(world.actor(by), IMPORTS[kind], "表.xlsx", book(titles, rows))
        found = importing.judgement(kept, dict)
        faults = [[fault.row, fault.column, fault.why] for fault in found.faults]
        return kept.id, {**found.tally, "bad": found.bad_rows, "faults": faults}


def carried_out(world: World, kind: str, preview_id: UUID, by: str = BY) -> None:
    with world.work(by):
        importing.carry_out(world.actor(by), IMPORTS[kind], preview_id)


def exported(world: World, kind: str, by: str = BY) -> list[list[Any]]:
    with world.work(by):
        sheet = read_rows(previews.export(world.actor(by), kind), titles=IMPORTS[kind].titles)
    return [[cell.text for cell in row.cells] for row in sheet.rows]


def test_a_mark_of_classification_in_a_row_refuses_the_workbook_whole(world: World) -> None:
    row = exported(world, UNITS)[0]
    with pytest.raises(Invalid, match="线下办理"):
        judged(world, UNITS, [[*row[:1], "机密★10年", *row[2:]]])


@pytest.mark.parametrize("kind", [UNITS, POSTS])
def test_what_is_exported_is_imported_as_unchanged(world: World, kind: str) -> None:
    rows = exported(world, kind)
    assert len(rows) == (len(world.units) if kind == UNITS else len(world.posts))
    _id, verdict = judged(world, kind, rows)
    assert (verdict["new"], verdict["changed"], verdict["unchanged"], verdict["bad"]) == (0, 0, len(rows), [])


def test_rows_are_new_changed_unchanged_or_at_fault(world: World) -> None:
    rows = exported(world, UNITS)
    by_code = {row[0]: row for row in rows}
    by_code["330300-WJ"][1] = "市卫生局"
    by_code["330324101"][5] = "330300"
    rows += [
        ["N1", "市数据局", "数据局", "市", "部门", "330300", "温数"],
        ["N2", "数据中心", "", "市", "部门", "N1", ""],
        ["N3", "孤儿", "", "市", "部门", "没有", ""],
        ["N4", "孤儿之下", "", "市", "部门", "N3", ""],
        ["330300-CZ", "市财政局", "", "县(市、区)", "部门", "330300", "温财"],
    ]
    preview_id, verdict = judged(world, UNITS, rows)
    assert (verdict["new"], verdict["changed"], len(verdict["bad"])) == (2, 2, 3)
    said = {sentence for _row, _column, sentence in verdict["faults"]}
    assert any("没有上级单位“没有”" in one for one in said)
    assert any("重复" in one for one in said)
    carried_out(world, UNITS, preview_id)
    assert unit(world, "health").name == "市卫生局"
    assert unit(world, "township").path == [world.units["city"], world.units["township"]]
    with world.work():
        made = db.session.scalars(select(Unit).where(Unit.code == "N2")).one()
        assert len(made.path) == 3
        kinds = db.session.scalars(select(UnitChange.kind).order_by(UnitChange.kind))
        assert [str(kind) for kind in kinds] == ["found", "found", "move", "rename"]
    all_follows_from_the_rules(world)
    carried_out(world, UNITS, preview_id)  # a second click finds it done
    with world.work():
        assert db.session.scalar(select(func.count()).select_from(UnitChange)) == 4


def test_a_loop_over_new_and_existing_units_is_refused(world: World) -> None:
    rows = [
        ["330324", "永嘉县", "永嘉", "县(市、区)", "党委", "L1", "永嘉委"],
        ["L1", "某园区", "", "县(市、区)", "部门", "330324", ""],
    ]
    _id, verdict = judged(world, UNITS, rows)
    assert (verdict["new"], verdict["changed"], len(verdict["bad"])) == (0, 0, 2)
    assert "绕成了一圈" in verdict["faults"][0][2]


def test_a_retired_code_and_hidden_characters_are_refused(world: World) -> None:
    do(world, K.RETIRE, "finance", heir_id=world.units["health"])
    _id, verdict = judged(
        world,
        UNITS,
        [
            ["330300-CZ", "市财政局", "", "市", "部门", "330300", ""],
            ["N1", "数\u200b据局", "", "市", "部门", "330300", ""],
            ["N2", "某局", "", "市", "部门", "330300-CZ", ""],
        ],
    )
    assert len(verdict["bad"]) == 3


def test_nobody_reaches_beyond_his_part(world: World) -> None:
    with world.work():
        db.session.add(
            Post(
                person_id=world.people["nobody"],
                unit_id=world.units["county_office"],
                for_unit_id=world.units["county"],
                role=Role.SECRETARIAT,
                from_on=clock.today(),
            )
        )
    rows = exported(world, UNITS, "nobody")
    assert {row[0][:6] for row in rows} == {"330324"}
    _id, verdict = judged(
        world,
        UNITS,
        [
            ["330300-WJ", "市卫生局", "", "市", "部门", "330300", "温卫"],
            ["N1", "市数据局", "", "市", "部门", "330300", ""],
            ["330324101", "桥头镇", "桥头镇", "乡镇(街道)", "乡镇(街道)", "330300", "桥"],
            ["N2", "县数据局", "", "县(市、区)", "部门", "330324", ""],
        ],
        "nobody",
    )
    assert (verdict["new"], verdict["changed"], len(verdict["bad"])) == (1, 0, 3)
    _id, verdict = judged(
        world,
        POSTS,
        [["x1", "甲", "330300-WJ", "承办人", ""], ["x2", "乙", "330324-WJ", "承办人", ""], ["x3", "丙", "330324-BG", "审计员", ""]],
        "nobody",
    )
    assert (verdict["new"], len(verdict["bad"])) == (1, 2)
    with pytest.raises(Forbidden):
        judged(world, UNITS, rows, "city.head")


def test_new_people_sign_in_with_passwords_that_are_shown_once(world: World) -> None:
    preview_id, verdict = judged(
        world,
        POSTS,
        [["new.one", "新人甲", "330300-WJ", "承办人", "a@localhost"], ["new.one", "新人甲", "330300-CZ", "承办人", "a@localhost"]],
    )
    assert (verdict["new"], verdict["people"]) == (2, 1)
    carried_out(world, POSTS, preview_id)
    with world.work(BY):
        sheet = read_rows(previews.passwords_once(world.actor(BY), preview_id), titles=(rules.SIGN_IN_NAME,))
        [row] = sheet.rows
        word = row.cells[3].text
        person = db.session.scalars(select(Person).where(Person.sign_in_name == "new.one")).one()
        assert person.must_change_password
        assert passwords.fits(person.password_hash, word)
        assert not passwords.fits(person.password_hash, "something-else")
    with world.work(BY), pytest.raises(Invalid):
        previews.passwords_once(world.actor(BY), preview_id)


def test_what_changed_since_it_was_judged_is_not_imported(world: World) -> None:
    preview_id, _verdict = judged(world, UNITS, [["330300-WJ", "市卫生局", "市卫健委", "市", "部门", "330300", "温卫"]])
    do(world, K.RENAME, "health", name="市卫健局", short_name="市卫健委", document_prefix="温卫")
    with pytest.raises(Stale):
        carried_out(world, UNITS, preview_id)
    assert unit(world, "health").name == "市卫健局"


def test_the_pages_lead_through_an_import(world: World) -> None:
    client: FlaskClient = world.browser(BY)
    assert "上传并核对" in client.get(world.url("network/import")).get_data(as_text=True)
    data = book(
        rules.UNIT_COLUMNS, [["N1", "市数据局", "", "市", "部门", "330300", ""], ["N2", "", "", "市", "部门", "330300", ""]]
    )
    sent = client.post(
        world.url("network/import"),
        content_type="multipart/form-data",
        data={"csrf_token": world.token(client), "sheet": "units", "workbook": (io.BytesIO(data), "单位.xlsx")},
    )
    assert sent.status_code == 303
    shown = client.get(sent.location).get_data(as_text=True)
    assert "单位名称没有填写" in shown
    assert "导入 1 行，有误的 1 行" in shown
    assert client.get(f"{sent.location}/report").mimetype.endswith("sheet")
    done = client.post(sent.location, data={"csrf_token": world.token(client), "how": "good"})
    assert done.status_code == 303
    assert "导入完成" in client.get(done.location).get_data(as_text=True)
    for path in ("network/export/units", "network/export/posts", "network/empty-workbook/posts"):
        assert client.get(world.url(path)).mimetype.endswith("sheet")
    other = world.browser("city.head")
    assert other.get(world.url("network/import")).status_code == 403
    assert other.get(sent.location).status_code == 403
    assert client.get(world.url("network/import/units/00000000-0000-4000-8000-000000000000")).status_code == 404
    bad = client.post(
        world.url("network/import"),
        content_type="multipart/form-data",
        data={"csrf_token": world.token(client), "sheet": "units", "workbook": (io.BytesIO(b"no"), "a.xlsx")},
    )
    assert bad.status_code == 422


@pytest.mark.parametrize("many", [1_500, pytest.param(10_000, marks=pytest.mark.full)])
def test_as_many_rows_as_a_city_has_are_judged_and_written(world: World, many: int) -> None:
    rows = [[f"V{n}", f"第{n}村", "", "村(社区)", "村(社区)", "330324101", ""] for n in range(many)]
    begun = time.monotonic()
    preview_id, verdict = judged(world, UNITS, rows)
    print(f"{many} units judged: {time.monotonic() - begun:.1f} s")  # noqa: T201
    carried_out(world, UNITS, preview_id)
    print(f"{many} units: {time.monotonic() - begun:.1f} s")  # noqa: T201
    assert verdict["new"] == many
    begun = time.monotonic()
    preview_id, verdict = judged(world, POSTS, [[f"v{n}", f"村文书{n}", f"V{n}", "承办人", ""] for n in range(many)])
    carried_out(world, POSTS, preview_id)
    print(f"{many} people: {time.monotonic() - begun:.1f} s")  # noqa: T201
    assert verdict["people"] == many
    begun = time.monotonic()
    renamed = [[code, f"{name}委会", *more] for code, name, *more in rows]
    preview_id, verdict = judged(world, UNITS, renamed)
    assert verdict["changed"] == many
    carried_out(world, UNITS, preview_id)
    print(f"{many} renamed: {time.monotonic() - begun:.1f} s")  # noqa: T201
    with world.work():
        assert db.session.scalar(select(func.count()).select_from(Unit).where(Unit.name.endswith("委会"))) == many


def test_nobody_appoints_himself_by_workbook(world: World) -> None:
    with world.work():
        me = db.session.get_one(Person, world.people[BY])
        row = [me.sign_in_name, me.name, world.unit("city_supervision").code, "督查室主任", ""]
    _kept, verdict = judged(world, POSTS, [row])
    assert verdict["bad"] == [2]
    assert "不能任命自己" in verdict["faults"][0][2]
