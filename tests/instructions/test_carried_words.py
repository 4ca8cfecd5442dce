"""The migrations that fold what is looked for write, of what is there, exactly what the portal writes of what is new."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

from sqlalchemy import create_engine, text

from tests.conftest import CLONE, Database
from tests.world import World


def migration(name: str) -> ModuleType:
    found = next(Path(CLONE, "migrations", "versions").glob(f"*_{name}.py"))
    spec = importlib.util.spec_from_file_location(name, found)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_carried_is_what_is_written(world: World, database: Database) -> None:
    matter_id = world.at_work(title="关于Ｗｉ-Fi“双击 提交”的情况反映（第2次）", document_number="市委办〔2026〕9号")
    world.sign(world.submit(matter_id), "health.director", "health.deputy")
    world.assign(world.register(confidential=True), handler="health.handler")
    made = migration("folded_words")
    engine = create_engine(database.owner_url)
    held = text(
        "SELECT matter_id, part, array(SELECT unnest(grams) ORDER BY 1) FROM search_entry WHERE city_id = :city ORDER BY 1, 2"
    )
    tails = text("SELECT unit_id, place, tail FROM unit_word ORDER BY 1, 3")
    with engine.connect() as connection:
        in_city = text("SELECT set_config('app.city', :city, true)")
        connection.execute(in_city, {"city": str(world.id)})
        before = [connection.execute(held, {"city": world.id}).all(), connection.execute(tails).all()]
        assert any("温卫" in grams for _matter, _part, grams in before[0])
        connection.execute(text("UPDATE search_entry SET grams = '{}' WHERE city_id = :city"), {"city": world.id})
        for statement in (
            made.GRAMS.format(run="folded(said)", taken=made.CHARACTERS_AND_PAIRS),
            made.EACH_CITY.format(work=made.SEARCH_WORDS.format(reports=made.REPORTS) + made.UNIT_WORDS),
        ):
            connection.execute(text(statement))
        connection.execute(in_city, {"city": str(world.id)})
        assert [connection.execute(held, {"city": world.id}).all(), connection.execute(tails).all()] == before
        connection.rollback()
    engine.dispose()


def test_the_digest_of_an_open_paper_is_the_one_the_portal_takes(world: World, database: Database) -> None:
    world.register(title="关于Ｗｉ-Fi“双击 提交”的情况反映", document_number="市委办〔2026〕9号")
    world.register()
    world.register(confidential=True)
    engine = create_engine(database.owner_url)
    kept = text("SELECT id, CASE WHEN NOT confidential THEN fingerprint END FROM matter_content WHERE city_id = :city ORDER BY id")
    with engine.connect() as connection:
        in_city = text("SELECT set_config('app.city', :city, true)")
        connection.execute(in_city, {"city": str(world.id)})
        before = connection.execute(kept, {"city": world.id}).all()
        assert len({print_ for _id, print_ in before if print_}) == 2
        made = migration("same_paper")
        for print_ in ("NULL", made.OF_OPEN_ONES):
            connection.execute(text(made.FILL.format(print=print_)))
        connection.execute(in_city, {"city": str(world.id)})
        assert connection.execute(kept, {"city": world.id}).all() == before
        connection.rollback()
    engine.dispose()


def test_there_and_back(new_database: Callable[[str], Database], keys: dict[str, str], redis_url: str) -> None:
    base = new_database("carried")
    environment = os.environ | keys
    environment |= {"DATABASE_URL": base.app_url, "DATABASE_OWNER_URL": base.owner_url, "REDIS_URL": redis_url}
    for way in (["downgrade", migration("folded_words").down_revision], ["upgrade"]):
        flask = [sys.executable, "-m", "flask", "--app", "wsgi", "db", *way]
        said = subprocess.run(flask, cwd=CLONE, env=environment, capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
