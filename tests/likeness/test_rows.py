"""The rows of a small city: alike in whatever order it was played, and each change named."""

from __future__ import annotations

import pytest

from tests.likeness import keeping, tables
from tests.likeness.conftest import Items, Town, confidential_life, open_life
from tests.likeness.rows import SECRET
from tests.likeness.schema import compared, tables_of, unnamed

NUMBER = "温督〔2026〕1号"
MATTER = f"(SELECT id FROM record WHERE number = '{NUMBER}')"


def _said(before: Items, town: Town) -> list[str]:
    return list(keeping.differences(keeping.digests(before), town.read()[1], before))


def _person(name: str) -> str:
    return f"(SELECT id FROM person WHERE sign_in_name = '{name}')"


def test_the_order_of_playing_changes_nothing(empty: Town, before: Items) -> None:
    confidential_life(empty.world)
    open_life(empty.world)
    assert not _said(before, empty)
    assert not _said(before, empty), "read again after it was written back"


def test_rows_are_named_by_people_units_and_numbers(before: Items) -> None:
    assert before[f"matter {NUMBER}"]["lead_unit_id"] == "330300-WJ"
    assert before[f"matter_content {NUMBER}"]["title"] == "关于老旧小区加装电梯的情况反映"
    assert before[f"step {NUMBER} closing_report 1 1 2"]["kind"] == "issue"
    assert f"viewer {NUMBER} 330300-WJ/liaison_officer" in before
    told = before[f"message health.deputy 2026-07-07T09:00 to_sign {NUMBER}"]
    assert told["words"] == "请签批报结材料：关于老旧小区加装电梯的情况反映"


def test_what_is_sealed_is_compared_by_its_words_and_kept_as_a_digest_only(empty: Town, before: Items) -> None:
    content = next(name for name in before if name.startswith("matter_content 永嘉"))
    assert before[content]["title"] == f"{SECRET}关于某干部的情况反映"
    assert "关于某" not in str(keeping.digests({content: before[content]}))
    assert keeping.digest("是") == "是"
    assert keeping.digest(f"{SECRET}是") not in ("是", f"{SECRET}是")
    open_life(empty.world)
    confidential_life(empty.world, title="关于某干部的情况报告")
    assert [line.strip() for line in _said(before, empty)] == [
        f"~ {content}: title",
        f"title: {SECRET}关于某干部的情况反映 -> {SECRET}关于某干部的情况报告",
    ]


def test_a_changed_sentence_is_named(empty: Town, before: Items) -> None:
    open_life(empty.world, words="已召开两次专题会议。")
    confidential_life(empty.world)
    said = _said(before, empty)
    assert f"~ entry {NUMBER} 2026-07-03T09:00 progress: words" in said
    assert "    words: 已召开专题会议。 -> 已召开两次专题会议。" in said


def test_a_changed_date_and_recipient_and_a_row_that_is_gone_are_named(town: Town, before: Items) -> None:
    due = before[f"matter {NUMBER}"]["due_on"]
    town.run(
        f"UPDATE matter SET due_on = due_on - 7 WHERE id = {MATTER}",
        f"UPDATE message SET person_id = {_person('finance.deputy')}"
        f" WHERE kind = 'to_sign' AND person_id = {_person('health.deputy')}",
        f"DELETE FROM milestone WHERE kind = 'assign' AND record_id = {MATTER}",
    )
    said = _said(before, town)
    assert [line for line in said if not line.startswith(" ")] == [
        f"~ matter {NUMBER}: due_on",
        f"+ message finance.deputy 2026-07-07T09:00 to_sign {NUMBER}",
        f"- message health.deputy 2026-07-07T09:00 to_sign {NUMBER}",
        f"- milestone {NUMBER} 2026-07-02T09:00 assign",
    ]
    assert said[1].startswith(f"    due_on: {due} -> 2026-07-")


def test_two_acts_of_one_matter_written_the_other_way_round_are_named(town: Town, before: Items) -> None:
    town.run(
        f"CREATE TEMP TABLE two AS SELECT id, sequence FROM entry WHERE record_id = {MATTER} AND kind IN ('register', 'progress')",
        "UPDATE entry e SET sequence = o.sequence FROM two t JOIN two o ON o.id <> t.id WHERE e.id = t.id",
    )
    assert _said(before, town) == [f"+ order entry {NUMBER}"]


def test_every_table_and_column_is_compared_or_named_with_a_reason(empty: Town) -> None:
    found = tables_of(empty.connection)
    assert not unnamed(found)
    assert not tables.NAMES.keys() - found.keys(), "names of tables that there are not"
    for name, columns in tables.NAMES.items():
        assert set(columns) <= found[name].columns.keys(), name
    places = {place for name, table in found.items() for column in table.columns for place in (f"{name}.{column}", f"*.{column}")}
    assert tables.LEFT_OUT.keys() <= places | found.keys(), "left out, and not there"
    silent = {
        f"{name}.{column}"
        for name, table in found.items()
        for column in table.columns.keys() - {*compared(table), *table.numbers()}
        if not {f"{name}.{column}", f"*.{column}", name} & tables.LEFT_OUT.keys()
    }
    assert not silent


def test_a_table_that_nothing_names_and_a_new_column_are_noticed(town: Town, before: Items) -> None:
    town.run(
        "CREATE TABLE shelf (id uuid PRIMARY KEY, number text)",
        "ALTER TABLE city ADD COLUMN colour text NOT NULL DEFAULT 'grey'",
    )
    assert unnamed(tables_of(town.connection)) == ["shelf"]
    assert _said(before, town) == ["~ city wenzhou: colour", "    colour: nothing -> grey"]


def test_what_has_moved_is_compared_under_its_former_name(town: Town, before: Items, monkeypatch: pytest.MonkeyPatch) -> None:
    town.run(
        "CREATE TABLE shelf (id uuid PRIMARY KEY REFERENCES record, until date)",
        "INSERT INTO shelf SELECT id, due_on FROM matter",
        "ALTER TABLE matter DROP COLUMN due_on",
        "ALTER TABLE extension RENAME TO delay",
        "ALTER TABLE paper RENAME TO letter",
        "ALTER TABLE letter RENAME record_id TO of_id",
    )
    names = tables.NAMES | {"shelf": ("id",), "delay": tables.NAMES["extension"], "letter": ("of_id", "kind", "draft")}
    del names["extension"], names["paper"]
    monkeypatch.setattr("tests.likeness.canon.NAMES", names)
    monkeypatch.setattr("tests.likeness.rows.NAMES", names)
    monkeypatch.setitem(tables.SEALED_AS, "letter", "report")
    monkeypatch.setitem(tables.CALLED, "report", "letter")
    for now, then in (
        ("shelf", "matter"),
        ("shelf.until", "matter.due_on"),
        ("delay", "extension"),
        ("letter", "report"),
        ("letter.of_id", "report.matter_id"),
    ):
        monkeypatch.setitem(tables.MOVED, now, then)
    assert not _said(before, town)


def test_two_of_one_name_are_numbered_by_what_they_hold(town: Town) -> None:
    for title in ("乙", "甲"):
        town.run(
            "INSERT INTO message (id, city_id, key, person_id, kind, facts, at)"
            f" SELECT gen_random_uuid(), city_id, '{title}', id, 'nomination_accepted', jsonb_build_object('unit', '{title}'),"
            " '2026-07-08 01:00Z' FROM person WHERE sign_in_name = 'nobody'"
        )
    assert {name: row["words"] for name, row in town.read()[1].items() if name.startswith("message nobody")} == {
        "message nobody 2026-07-08T09:00 nomination_accepted": "推荐的乙联络员已任命",
        "message nobody 2026-07-08T09:00 nomination_accepted #2": "推荐的甲联络员已任命",
    }
