"""`python -m portal.jobs.clock`: rings for a sweep of every city every half minute. Any number of them may run.

Each slot of time has one job id, so two clocks ring once. While Redis does not answer, the clock sweeps by itself.
"""

from __future__ import annotations

import logging
import os
import sys
import time

from flask import Flask
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import DuplicateJobError

from portal.config import NotFit, Settings
from portal.jobs import tasks
from portal.notify.wakeup import LIMIT, QUEUE, impatient

log = logging.getLogger(__name__)
SWEEP_SECONDS = 30.0


def ring_slot(queue: Queue, slot: int, seconds: float) -> bool:
    """Ring for this slot unless another clock has; False where Redis does not answer."""
    kept = int(seconds * 4) + 1
    try:
        queue.enqueue(
            tasks.sweep_all, job_id=f"sweep-{slot}", unique=True, result_ttl=kept, failure_ttl=kept,
            ttl=kept, job_timeout=LIMIT, description="sweep",
        )  # fmt: skip
    except DuplicateJobError:
        pass
    except (RedisError, OSError) as fault:
        log.warning("Redis does not answer (%s); sweeping without it", type(fault).__name__)
        return False
    return True


def main(app: Flask | None = None) -> None:
    """Rings until it is told to stop; sweeps, where it must, with an app that stands already where there is one."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    tasks.work_with(app)  # refuses what must not run, and stands ready for when Redis is away
    seconds = float(os.environ.get("DUBAN_SWEEP_SECONDS") or SWEEP_SECONDS)
    queue = Queue(QUEUE, connection=impatient(Settings.from_environment().redis_url), serializer="json")
    while True:
        if not ring_slot(queue, int(time.time() / seconds), seconds):
            try:
                tasks.sweep_all()
            except Exception:
                log.exception("the sweep failed; the next one tries again")
        time.sleep(seconds - time.time() % seconds)


if __name__ == "__main__":
    try:
        main()
    except NotFit as refusal:
        sys.exit(str(refusal))
