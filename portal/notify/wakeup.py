"""The doorbell: Redis is told after a commit that there is something to send. Losing it loses nothing.

A request never waits for it longer than a fifth of a second, and after a fault not at all for a while: the sweep finds
whatever nobody rang for.
"""

from __future__ import annotations

import logging
from time import monotonic

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue

from portal.kernel.db import after_commit, current_city, db

log = logging.getLogger(__name__)

QUEUE = "duban"
SWEEP = "portal.jobs.tasks.sweep"
PATIENCE = 0.1  # seconds for one answer of Redis
SILENCE = 5.0  # seconds in which nobody rings after a fault
LIMIT = 1800  # seconds after which RQ ends a sweep; it ends long before by itself
KEPT = 60  # seconds that RQ keeps a job's result; nobody reads it

_url: str | None = None
_queue: Queue | None = None
_silent_until = 0.0


def configure(redis_url: str | None) -> None:
    """Name the Redis to ring; none: nobody is rung."""
    global _url, _queue, _silent_until
    _url, _queue, _silent_until = redis_url, None, 0.0


def impatient(redis_url: str) -> Redis:
    """A connection that gives up at once instead of trying again."""
    return Redis.from_url(redis_url, retry=Retry(NoBackoff(), 0), socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE)


def answers(redis_url: str) -> bool:
    """Whether Redis is there; asked over a connection of its own, with the bell's patience."""
    with impatient(redis_url) as connection:
        try:
            return bool(connection.ping())
        except (RedisError, OSError):
            return False


def ring_after_commit() -> None:
    """Ring for the session's city once its transaction is committed; once, however often it is asked for."""
    session, city_id = db.session(), current_city()
    if city_id is None or session.info.get("bell") is session.get_transaction():
        return
    session.info["bell"] = session.get_transaction()
    after_commit(lambda: ring(city_id))


def ring(city_id: int) -> None:
    """Ask a worker to look after this city now. Never raises."""
    global _queue, _silent_until
    if _url is None or monotonic() < _silent_until:
        return
    try:
        if _queue is None:
            _queue = Queue(QUEUE, connection=impatient(_url), serializer="json")
        _queue.enqueue(SWEEP, city_id, result_ttl=KEPT, failure_ttl=KEPT, ttl=KEPT, job_timeout=LIMIT, description="sweep")
    except (RedisError, OSError) as fault:
        _silent_until = monotonic() + SILENCE
        log.warning("Redis does not answer (%s); the sweep will find it", type(fault).__name__)
