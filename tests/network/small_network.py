"""A small network: a city committee, a county with its organs, a bureau and a township, and the people in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import Flask
from sqlalchemy import select

from portal.access.actor import Actor
from portal.identity.models import Person
from portal.importing.cells import Cell, Row, Sheet
from portal.kernel.db import db, enter
from portal.network import rules
from portal.network.models import Unit
from portal.network.service.acting import actor_for

UNITS = (
    ("33", "江南市", "江南市", "市", "党委", "", "江委"),
    ("33-01", "江南市委办公室", "市委办", "市", "办公室", "33", "江委办"),
    ("33-02", "江南市委督查室", "市委督查室", "市", "督查室", "33", ""),
    ("3301", "清溪县", "清溪县", "县(市、区)", "党委", "33", "清委"),
    ("3301-01", "清溪县委办公室", "县委办", "县(市、区)", "办公室", "3301", "清委办"),
    ("3301-02", "清溪县委督查室", "县委督查室", "县(市、区)", "督查室", "3301", ""),
    ("3301-17", "清溪县教育局", "教育局", "县(市、区)", "部门", "3301", "清教"),
    ("330101", "清溪县柳林镇", "柳林镇", "乡镇(街道)", "乡镇(街道)", "3301", ""),
)
POSTS = (
    ("ducha", "督查员甲", "33-02", "督查员", "ducha@localhost"),
    ("leader", "书记", "33", "主要领导", ""),
    ("deputy", "副书记", "33", "分管领导", ""),
    ("deputy2", "秘书长", "33", "分管领导", ""),
    ("director", "市委办主任", "33-01", "办公室主任", ""),
    ("sys.admin", "系统员", "33", "系统管理员", ""),
    ("mishu", "秘书", "33-01", "秘书处", ""),
    ("edu.leader", "教育局局长", "3301-17", "主要领导", ""),
    ("edu.handler", "教育局承办人", "3301-17", "承办人", ""),
    ("edu.liaison", "教育局联络员", "3301-17", "联络员", ""),
    ("town.liaison", "柳林镇联络员", "330101", "联络员", ""),
    ("county.director", "县委办主任", "3301-01", "办公室主任", ""),
)


def table(columns: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Sheet:
    """Rows as a sheet that begins in row 2."""
    cells = (tuple(map(Cell, row)) for row in rows)  # type: ignore[arg-type]
    return Sheet("", columns, [Row(number, row) for number, row in enumerate(cells, start=2)])


def units_table(*more: tuple[object, ...]) -> Sheet:
    """The small network's units, with more rows beneath."""
    return table(rules.UNIT_COLUMNS, (*UNITS, *more))


def posts_table(*more: tuple[object, ...]) -> Sheet:
    """The small network's posts, with more rows beneath."""
    return table(rules.POST_COLUMNS, (*POSTS, *more))


@dataclass(frozen=True)
class Network:
    """A city of a test's own with the small network in it."""

    app: Flask
    city_id: int
    slug: str

    @contextmanager
    def inside(self) -> Iterator[None]:
        """In an app's context of its own, entered; what is not committed goes. Never around a browser's request,
        which would take this context for its own."""
        with self.app.app_context():
            enter(self.city_id)
            yield
            db.session.rollback()

    def unit_id(self, code: str) -> int:
        with self.inside():
            return self.unit(code).id

    def url(self, path: str) -> str:
        return f"/{self.slug}/{path}"

    def unit(self, code: str) -> Unit:
        found = db.session.scalar(select(Unit).where(Unit.city_id == self.city_id, Unit.code == code))
        assert found is not None, code
        return found

    def person(self, sign_in_name: str) -> Person:
        where = Person.city_id == self.city_id, Person.sign_in_name == sign_in_name
        found = db.session.scalar(select(Person).where(*where))
        assert found is not None, sign_in_name
        return found

    def actor(self, sign_in_name: str, acting_post_id: int | None = None) -> Actor:
        return actor_for(self.person(sign_in_name), acting_post_id)
