"""The migrations that fold what is looked for write, of what is there, exactly what the portal writes of what is new."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Connection, create_engine, text

from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel import clock
from portal.kernel.db import db
from tests.conftest import CLONE, Database, migrate
from tests.world import make_world


def migration(name: str) -> ModuleType:
    found = next(Path(CLONE, "migrations", "versions").glob(f"*_{name}.py"))
    spec = importlib.util.spec_from_file_location(name, found)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def before_records(
    new_database: Callable[[str], Database], keys: dict[str, str], redis_url: str
) -> Iterator[tuple[Connection, int]]:
    """A city as the portal writes it, carried down to the tables that these migrations knew: its owner's connection, in the
    city, and its number."""
    base = new_database("words")
    environment = keys | {"DATABASE_URL": base.app_url, "DATABASE_OWNER_URL": base.owner_url, "REDIS_URL": redis_url}
    app = check_ready(create_app(Settings.from_environment(environment), TESTING=True))
    with clock.set_to(clock.at(date(2026, 11, 23), 9)):
        world = make_world(app, "words")
        matter_id = world.at_work(title="关于Ｗｉ-Fi“双击 提交”的情况反映（第2次）", document_number="市委办〔2026〕9号")
        world.sign(world.submit(matter_id), "health.director", "health.deputy")
        world.assign(world.register(confidential=True), handler="health.handler")
        world.register()
    with app.app_context():
        db.engine.dispose()
    migrate(environment, "downgrade", migration("same_paper").revision)
    engine = create_engine(base.owner_url)
    with engine.connect() as connection:
        yield connection, world.id
    engine.dispose()


IN_CITY = text("SELECT set_config('app.city', :city, true)")


def test_what_is_carried_is_what_is_written(before_records: tuple[Connection, int]) -> None:
    connection, city = before_records
    made = migration("folded_words")
    held = text(
        "SELECT matter_id, part, array(SELECT unnest(grams) ORDER BY 1) FROM search_entry WHERE city_id = :city ORDER BY 1, 2"
    )
    tails = text("SELECT unit_id, place, tail FROM unit_word ORDER BY 1, 3")
    connection.execute(IN_CITY, {"city": str(city)})
    before = [connection.execute(held, {"city": city}).all(), connection.execute(tails).all()]
    assert any("温卫" in grams for _matter, _part, grams in before[0])
    connection.execute(text("UPDATE search_entry SET grams = '{}' WHERE city_id = :city"), {"city": city})
    for statement in (
        made.GRAMS.format(run="folded(said)", taken=made.CHARACTERS_AND_PAIRS),
        made.EACH_CITY.format(work=made.SEARCH_WORDS.format(reports=made.REPORTS) + made.UNIT_WORDS),
    ):
        connection.execute(text(statement))
    connection.execute(IN_CITY, {"city": str(city)})
    assert [connection.execute(held, {"city": city}).all(), connection.execute(tails).all()] == before
    connection.rollback()


def test_the_digest_of_an_open_paper_is_the_one_the_portal_takes(before_records: tuple[Connection, int]) -> None:
    connection, city = before_records
    made = migration("same_paper")
    kept = text("SELECT id, CASE WHEN NOT confidential THEN fingerprint END FROM matter_content WHERE city_id = :city ORDER BY id")
    connection.execute(IN_CITY, {"city": str(city)})
    before = connection.execute(kept, {"city": city}).all()
    assert len({print_ for _id, print_ in before if print_}) == 2
    for print_ in ("NULL", made.OF_OPEN_ONES):
        connection.execute(text(made.FILL.format(print=print_)))
    connection.execute(IN_CITY, {"city": str(city)})
    assert connection.execute(kept, {"city": city}).all() == before
    connection.rollback()


def test_there_and_back(new_database: Callable[[str], Database], keys: dict[str, str], redis_url: str) -> None:
    base = new_database("carried")
    environment = keys | {"DATABASE_URL": base.app_url, "DATABASE_OWNER_URL": base.owner_url, "REDIS_URL": redis_url}
    migrate(environment, "downgrade", migration("folded_words").down_revision)
    migrate(environment, "upgrade")
