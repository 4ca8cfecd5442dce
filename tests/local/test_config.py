"""Settings come from the environment, and what is missing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.config import Misconfigured, Settings
from portal.local.places import Place
from portal.local.processes import NotStarted
from portal.local.servers import Servers

NEEDED = {
    "DATABASE_URL": "postgresql://app:secret@db/duban",
    "REDIS_URL": "redis://r/0",
    "SECRET_KEY_FILE": "/k/s",
    "VAULT_KEY_FILE": "/k/v",
    "FILES_DIR": "/f",
}


def test_the_database_driver_is_named_however_the_address_was_written() -> None:
    for address in (
        "postgresql://app:secret@db/duban",
        "postgres://app:secret@db/duban",
        "postgresql+psycopg://app:secret@db/duban",
    ):
        settings = Settings.from_environment(NEEDED | {"DATABASE_URL": address})
        assert settings.database_url == "postgresql+psycopg://app:secret@db/duban"


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_setting_is_named(name: str) -> None:
    with pytest.raises(Misconfigured, match=name):
        Settings.from_environment({key: value for key, value in NEEDED.items() if key != name})


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(Misconfigured, match="postgresql"):
        Settings.from_environment(NEEDED | {"DATABASE_URL": "sqlite:///x"})


def test_a_switch_is_zero_or_one() -> None:
    assert Settings.from_environment(NEEDED | {"DUBAN_PRODUCTION": "1"}).production
    assert not Settings.from_environment(NEEDED).production
    with pytest.raises(Misconfigured, match="DUBAN_PRODUCTION"):
        Settings.from_environment(NEEDED | {"DUBAN_PRODUCTION": "perhaps"})


def test_printed_settings_show_no_password() -> None:
    settings = Settings.from_environment(NEEDED | {"SMTP_URL": "smtp://m:secret@mail"})
    assert "secret@" not in repr(settings)


@pytest.mark.parametrize("address", ["postgresql://h:notaport/x", "postgresql://a:b@[::1/x", "mysql://h/x"])
def test_an_address_that_is_none_is_said_without_a_word_of_it(tmp_path: Path, address: str) -> None:
    with pytest.raises(NotStarted) as refused:
        Servers(Place(tmp_path), {"DATABASE_URL": address, "REDIS_URL": "redis://127.0.0.1:1"}).attach()
    assert "DATABASE_URL" in str(refused.value) and "notaport" not in str(refused.value) and address not in str(refused.value)
