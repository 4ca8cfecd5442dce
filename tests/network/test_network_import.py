"""A judged import is written all or nothing, in bulk; the demonstration city's own workbooks go in whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.audit.models import JournalEntry
from portal.commands.city import city as city_commands
from portal.commands.city import found
from portal.deadlines.models import CalendarDay
from portal.documents import workbook
from portal.identity.models import Person
from portal.identity.passwords import fits
from portal.importing.cells import Sheet
from portal.kernel.city import city_by_slug
from portal.kernel.db import db, enter
from portal.network import queries, rules
from portal.network.importing import carry_out, known_network
from portal.network.models import Appointment, Post, Unit
from portal.network.plan import plan_import
from tests.network import small_network as small
from tests.network.small_network import Network, posts_table, table, units_table


def count(model: type[Unit] | type[Person] | type[Post], city_id: int) -> int:
    return db.session.scalar(select(func.count()).select_from(model).where(model.city_id == city_id)) or 0


def test_the_demonstration_workbooks_go_in_whole(app: Flask, demonstration_tables: tuple[Sheet, Sheet]) -> None:
    with app.app_context():
        city = found("demo-import", "温州市")
        plan = plan_import(*demonstration_tables, known_network())
        assert plan.faults == []
        written = carry_out(plan, dict.fromkeys(plan.new_people(), "x"), must_change_password=False)
        assert (written.units, written.people, written.posts) == (630, 2765, 2766)
        assert [count(m, city.id) for m in (Unit, Person, Post)] == [630, 2765, 2766]
        street = queries.unit_by_code("330302032")
        assert street is not None
        assert [unit.code for unit in queries.ancestors(street.id)] == ["3303", "330302"]
        assert street.path[-1] == street.id
        office = queries.unit_by_code("330302-02")
        assert office is not None
        assert set(db.session.scalars(select(Post.for_unit_id).where(Post.unit_id == office.id))) == {office.parent_id}
        assert queries.has_supervision_office(street.path[1])
        assert not queries.has_supervision_office(street.id)
        assert len(queries.children_units(street.path[0])) == 630 - 1 - 91
        db.session.rollback()


def test_a_plan_with_faults_is_not_carried_out(network: Network) -> None:
    plan = plan_import(units_table(), posts_table(), known_network())
    assert not plan.good
    with pytest.raises(ValueError, match="faults"):
        carry_out(plan, {})


def test_a_later_import_hangs_on_what_is_there(network: Network) -> None:
    village = ("330101001", "柳林镇桥头村", "桥头村", "村(社区)", "村(社区)", "330101", "")
    posts = [("leader", "书记", "330101001", "联络员", ""), ("new", "新人", "33-02", "督查室主任", "")]
    plan = plan_import(table(rules.UNIT_COLUMNS, [village]), table(rules.POST_COLUMNS, posts), known_network())
    assert plan.good, plan.faults
    assert carry_out(plan, {"new": "x"}).waiting == 1
    town, made = network.unit("330101"), network.unit("330101001")
    assert made.path == [*town.path, made.id]
    assert [s.for_unit_id for s in network.actor("leader").standings] == [network.unit("33").id, made.id]
    assert network.person("new").must_change_password
    assert network.person("new").suspended_at is not None  # whoever brought the workbook in has read his password
    assert network.actor("new").standings == ()  # a head of a network that exists waits for somebody else's agreement
    asked = db.session.scalars(select(Appointment).where(Appointment.city_id == network.city_id)).one()
    assert (asked.person_id, asked.unit_id, asked.role) == (network.person("new").id, network.unit("33-02").id, "supervision_head")


def write_books(directory: Path, posts: tuple[tuple[str, ...], ...] = small.POSTS) -> list[str]:
    units_path, posts_path = directory / "units.xlsx", directory / "posts.xlsx"
    workbook.write(units_path, "单位", rules.UNIT_COLUMNS, small.UNITS)
    workbook.write(posts_path, "岗位", rules.POST_COLUMNS, posts)
    return [str(units_path), str(posts_path)]


def test_the_command_prints_each_persons_password_once(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(city_commands, ["create", "by-command", "江南市"]).exit_code == 0
    books = write_books(tmp_path, small.POSTS[:3])
    said = runner.invoke(city_commands, ["import", "by-command", *books])
    assert said.exit_code == 0, said.output
    lines = [line.split("\t") for line in said.stdout.splitlines()]
    assert [line[:2] for line in lines] == [["ducha", "督查员甲"], ["leader", "书记"], ["deputy", "副书记"]]
    words = [line[2] for line in lines]
    assert len(set(words)) == 3
    assert all(re.fullmatch(r"[a-z0-9]{4}(-[a-z0-9]{4}){2}", word) for word in words)
    with app.app_context():
        city = city_by_slug("by-command")
        assert city is not None
        enter(city.id)
        person = db.session.scalar(select(Person).where(Person.city_id == city.id, Person.sign_in_name == "leader"))
        assert person is not None
        assert person.must_change_password
        assert fits(person.password_hash, words[1])
        assert not fits(person.password_hash, words[0])
        noted = db.session.scalar(select(JournalEntry).where(JournalEntry.act == "import_network"))
        assert noted is not None
        assert noted.after == {"units": 8, "people": 3, "posts": 3}
        days = select(func.count(CalendarDay.id)).where(CalendarDay.city_id == city.id)
        assert (db.session.scalar(days) or 0) > 50
    assert "by-command  江南市  8 units  3 people" in runner.invoke(city_commands, ["list"]).output


def test_a_dry_run_judges_every_row_and_writes_nothing(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    runner.invoke(city_commands, ["create", "dry", "江南市"])
    said = runner.invoke(city_commands, ["import", "dry", *write_books(tmp_path), "--dry-run"])
    assert said.exit_code == 0, said.output
    assert said.stderr.count("可导入") == len(small.UNITS) + len(small.POSTS)
    assert said.stdout == ""
    with app.app_context():
        city = city_by_slug("dry")
        assert city is not None
        enter(city.id)
        assert [count(m, city.id) for m in (Unit, Person, Post)] == [0, 0, 0]


def test_one_bad_row_keeps_everything_out(app: Flask, tmp_path: Path) -> None:
    runner = app.test_cli_runner()
    runner.invoke(city_commands, ["create", "bad-row", "江南市"])
    books = write_books(tmp_path, (*small.POSTS, ("x", "某人", "9999", "承办人", "")))
    said = runner.invoke(city_commands, ["import", "bad-row", *books])
    assert said.exit_code == 1
    assert f"岗位表 {len(small.POSTS) + 2} 单位代码：没有单位“9999”" in said.stderr
    with app.app_context():
        city = city_by_slug("bad-row")
        assert city is not None
        enter(city.id)
        assert [count(m, city.id) for m in (Unit, Person, Post)] == [0, 0, 0]


@pytest.mark.parametrize("slug", ["Upper", "1st", "healthz", "static", "x", "a/b"])
def test_a_city_needs_a_fit_short_name(app: Flask, slug: str) -> None:
    said = app.test_cli_runner().invoke(city_commands, ["create", slug, "某市"])
    assert said.exit_code == 1
    with app.app_context():
        assert city_by_slug(slug) is None


def test_two_cities_cannot_bear_the_same_short_name(app: Flask) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(city_commands, ["create", "twice", "甲市"]).exit_code == 0
    assert runner.invoke(city_commands, ["create", "twice", "乙市"]).exit_code == 1


def test_a_city_is_made_of_the_countrys_divisions(app: Flask) -> None:
    runner = app.test_cli_runner()
    runner.invoke(city_commands, ["create", "hangzhou", "杭州市"])
    said = runner.invoke(city_commands, ["from-divisions", "hangzhou", "--code", "3301", "--dry-run"])
    assert said.exit_code == 0, said.output
    assert "330102-02 上城区委督查室 可导入" in said.stderr
    assert "330102001 上城区清波街道 可导入" in said.stderr
    assert runner.invoke(city_commands, ["from-divisions", "hangzhou", "--code", "330102"]).exit_code == 1


def test_another_city_sees_nothing(app: Flask, new_network: Callable[[], Network]) -> None:
    with app.app_context():
        first, second = new_network(), new_network()
    with app.app_context():
        enter(first.city_id)
        theirs = network_ids(first)
        person = first.person("leader").id
    with app.app_context():
        enter(second.city_id)
        assert queries.unit_by_id(theirs["33"]) is None
        assert queries.branch(theirs["33"]) == []
        assert queries.children_units(theirs["33"]) == []
        assert queries.holders(theirs["33"], rules.ROLES["主要领导"]) == []
        assert queries.posts_in(theirs["33"]) == []
        assert queries.standings_of(person) == ()
        assert len(queries.units_matching("教育局")) == 1
        assert not set(theirs.values()) & {unit.id for unit in db.session.scalars(select(Unit))}


def network_ids(network: Network) -> dict[str, int]:
    return {row[0]: network.unit(row[0]).id for row in small.UNITS}
