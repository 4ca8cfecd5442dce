"""A plugin of pytest that puts a further feature beside the portal's, before the portal is put together: by its one value.

`python -m pytest -p tests.contract.beside tests/contract` runs the contract over the kinds of the portal and over that one. What
a migration would do for a feature of the portal is done here to the database of the run: its table, guarded like any other.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import make_url
from sqlalchemy.schema import CreateTable

from portal import features
from portal.kernel.migrating import guard
from portal.local.postgres import conninfo
from tests.contract.errands.feature import FEATURE
from tests.contract.errands.models import Errand

features.FEATURES = (*features.FEATURES, FEATURE)


def _compile_catalogue() -> None:
    assert FEATURE.translations is not None
    folder = FEATURE.translations / "en" / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as said, (folder / "messages.mo").open("wb") as compiled:
        write_mo(compiled, read_po(said, locale="en"))


_compile_catalogue()


def pytest_collection() -> None:
    """Its sample stands among the others before the contract asks for them."""
    importlib.import_module("tests.contract.errands.sample")


@pytest.hookimpl(hookwrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Iterator[None]:
    """The run's database is there: the table of the further feature is made in it, by its owner."""
    outcome = yield
    if fixturedef.argname == "database":
        database = outcome.get_result()  # type: ignore[attr-defined]
        with psycopg.connect(conninfo(make_url(database.owner_url))) as owner:
            owner.execute(str(CreateTable(Errand.__table__).compile(dialect=postgresql.dialect())))  # type: ignore[arg-type]
            owner.execute(guard("errand"))
