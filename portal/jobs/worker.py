"""`python -m portal.jobs.worker`: waits for the doorbell and sweeps. Killed, it is simply started again.

One queue, so that a job taken off it is never lost between two; results and failures are kept for a minute.
"""

from __future__ import annotations

import logging
import os
import sys

from flask import Flask
from redis import Redis
from rq import Queue, Worker

from portal.config import NotFit, Settings
from portal.jobs import tasks
from portal.notify.wakeup import KEPT, QUEUE


def main(app: Flask | None = None) -> None:
    """Works until it is told to stop, with an app that stands already where there is one."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    tasks.work_with(app)  # before the first fork, so that no job waits for it
    connection = Redis.from_url(Settings.from_environment().redis_url)
    queue = Queue(QUEUE, connection=connection, serializer="json")
    worker = Worker(
        [queue],
        name=f"duban-{os.uname().nodename}-{os.getpid()}-{os.urandom(3).hex()}",
        connection=connection,
        serializer="json",
        default_result_ttl=KEPT,
        log_job_description=False,
    )
    worker.work(with_scheduler=False, logging_level="INFO")


if __name__ == "__main__":
    try:
        main()
    except NotFit as refusal:
        sys.exit(str(refusal))
