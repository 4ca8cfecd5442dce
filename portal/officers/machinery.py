"""The machinery beside the database: the queue and its workers, the disk, the versions. Totals of the installation."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from redis.exceptions import RedisError
from rq import Queue, Worker

from portal.notify.wakeup import QUEUE, impatient

SILENT = timedelta(minutes=8)
"""A worker that has not shown itself for so long is not counted; RQ's own heart-beat comes every seven minutes or less."""


@dataclass(frozen=True, slots=True)
class Doorbell:
    """Whether Redis answers, how many jobs wait, and how many workers are alive."""

    answers: bool
    waiting: int = 0
    workers: int = 0
    version: str = ""


def doorbell(redis_url: str, now: datetime) -> Doorbell:
    """How the doorbell stands; never raises, and waits for no more than a tenth of a second an answer."""
    connection = impatient(redis_url)
    try:
        waiting = Queue(QUEUE, connection=connection, serializer="json").count
        alive = 0
        for worker in Worker.all(connection=connection, serializer="json"):
            seen = worker.last_heartbeat
            if seen is not None and seen.replace(tzinfo=seen.tzinfo or UTC) > now - SILENT:
                alive += 1
        return Doorbell(True, waiting, alive, str(connection.info("server").get("redis_version", "")))
    except (RedisError, OSError):
        return Doorbell(False)
    finally:
        connection.close()


def disk(where: Path) -> tuple[int, int]:
    """Octets free and altogether on the disk that holds the uploaded files."""
    place = where
    while not place.exists():
        place = place.parent
    usage = shutil.disk_usage(place)
    return usage.free, usage.total


def versions() -> dict[str, str]:
    """What runs here."""
    return {"Python": platform.python_version(), **{name: version(name) for name in ("Flask", "SQLAlchemy", "rq")}}
