"""What an installation may decide, and what it is when it decides nothing; everything is read from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

MEBIBYTE = 1024 * 1024


class NotFit(RuntimeError):
    """The portal does not start like this; the message says in one sentence what is to be put right."""


class Misconfigured(NotFit):
    """The environment lacks something the portal cannot start without, or says what it does not understand."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings; they never change while a process lives."""

    database_url: str = field(repr=False)  # as the role `app`
    redis_url: str = field(repr=False)
    secret_key_file: Path
    vault_key_file: Path
    files_dir: Path
    production: bool = False
    plays: bool = True  # a demonstration city that is not played to its end goes on being played
    database_owner_url: str | None = field(default=None, repr=False)  # as the role `owner`; for migrations only
    base_url: str = "http://127.0.0.1:8000"
    smtp_url: str | None = field(default=None, repr=False)  # see notify.mail; none: no mail
    mail_from: str = "duban@localhost"
    cluster: str | None = None  # when the embedded database's files came to be; whoever keeps it says so
    channels: tuple[tuple[str, str], ...] = field(default=(), repr=False)  # further ones: module, its address
    file_limit: int = 20 * MEBIBYTE  # bytes of one uploaded file
    request_limit: int = 50 * MEBIBYTE  # bytes of one request
    proxies: int = 0  # proxies in front whose X-Forwarded-* headers count
    session_idle: timedelta = timedelta(minutes=15)
    session_absolute: timedelta = timedelta(hours=8)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Reads the settings; raises Misconfigured naming everything that is missing."""
        env = os.environ if environment is None else environment
        required = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY_FILE", "VAULT_KEY_FILE", "FILES_DIR")
        missing = [name for name in required if not env.get(name)]
        if missing:
            raise Misconfigured(
                f"These environment variables are not set: {', '.join(missing)}. "
                "`make run` sets them; `python -m portal.local with COMMAND …` runs one command with them."
            )
        return cls(
            database_url=sqlalchemy_url(env["DATABASE_URL"]),
            database_owner_url=sqlalchemy_url(env["DATABASE_OWNER_URL"]) if env.get("DATABASE_OWNER_URL") else None,
            redis_url=env["REDIS_URL"],
            secret_key_file=Path(env["SECRET_KEY_FILE"]),
            vault_key_file=Path(env["VAULT_KEY_FILE"]),
            files_dir=Path(env["FILES_DIR"]),
            production=_switch(env, "DUBAN_PRODUCTION"),
            plays=env.get("DUBAN_DEMONSTRATION") != "0",
            base_url=env.get("BASE_URL", "http://127.0.0.1:8000").rstrip("/"),
            smtp_url=env.get("SMTP_URL") or None,
            mail_from=env.get("MAIL_FROM") or "duban@localhost",
            channels=_channels(env),
            proxies=_count(env, "TRUSTED_PROXIES"),
            cluster=env.get("DUBAN_CLUSTER") or None,
        )

    def secret_key(self) -> str:
        """The key Flask signs cookies and forms with."""
        return self.secret_key_file.read_text(encoding="ascii").strip()


def sqlalchemy_url(url: str) -> str:
    """The same database address with its driver named, however it was written."""
    for prefix in ("postgresql+psycopg://", "postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    raise Misconfigured("A database address begins with postgresql://; no other kind of database serves.")


def _switch(env: Mapping[str, str], name: str) -> bool:
    said = env.get(name, "0").strip().lower()
    if said in ("0", "no", "false", ""):
        return False
    if said in ("1", "yes", "true"):
        return True
    raise Misconfigured(f"{name} is 0 or 1.")


def _channels(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    said = [one.partition("=") for one in env.get("DUBAN_CHANNELS", "").split()]
    if not all(module and url for module, _is, url in said):
        raise Misconfigured("DUBAN_CHANNELS is written module=address, one after the other with spaces between.")
    return tuple((module, url) for module, _is, url in said)


def _count(env: Mapping[str, str], name: str) -> int:
    said = env.get(name) or "0"
    if not (said.isascii() and said.isdigit() and int(said) < 10):
        raise Misconfigured(f"{name} is a number below 10.")
    return int(said)
