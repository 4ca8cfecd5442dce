"""A key for every test, and a PostgreSQL server whose log the tests may read."""

import shutil
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from portal.local.postgres import Postgres
from portal.vault import encryption


@pytest.fixture(scope="session", autouse=True)
def vault_key(tmp_path_factory):
    before = encryption._ring
    key_file = tmp_path_factory.mktemp("key") / "vault.key"
    encryption.create_key_file(key_file)
    encryption.configure(key_file)
    yield key_file
    encryption._ring = before


@pytest.fixture(scope="session")
def server():
    home = Path(tempfile.mkdtemp(prefix="vault-"))
    home.chmod(0o711)
    postgres = Postgres(home / "pg", fsync=False)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()
        shutil.rmtree(home)


@pytest.fixture(scope="session")
def engine(server):
    engine = create_engine(server.url())
    yield engine
    engine.dispose()
