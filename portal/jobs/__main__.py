"""`python -m portal.jobs`: two workers and a clock, forked from one process that has loaded the portal and then only looks
after them. One that ends begins again; when that process is told to stop or dies, they end with it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

from flask import Flask
from setproctitle import setproctitle

from portal.app import check_ready, create_app, share
from portal.config import NotFit
from portal.jobs import clock, worker
from portal.kernel.parent import die_with_parent

log = logging.getLogger(__name__)
PARTS: dict[str, Callable[[Flask], None]] = {"worker-1": worker.main, "worker-2": worker.main, "clock": clock.main}
PAUSE = 2  # seconds before who has ended begins again
ENDING = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Loads the portal, and keeps its parts running until it is told to stop; raises NotFit."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    app = share(check_ready(create_app()))
    setproctitle("duban: jobs")
    signal.pthread_sigmask(signal.SIG_BLOCK, (*ENDING, signal.SIGCHLD))  # taken one by one, where nothing is half done
    running: dict[int, str] = {}
    try:
        while True:
            for name in PARTS.keys() - running.values():
                running[fork(name, app)] = name
            if signal.sigwait((*ENDING, signal.SIGCHLD)) in ENDING:
                return
            bury(running)
            if signal.sigtimedwait(ENDING, PAUSE):
                return
    finally:
        for pid in running:
            os.kill(pid, signal.SIGTERM)
        for pid in running:
            os.waitpid(pid, 0)


def bury(running: dict[int, str]) -> None:
    """Takes out who has ended."""
    for pid, name in list(running.items()):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            del running[pid]
            log.warning("%s ended (%s); it starts again", name, os.waitstatus_to_exitcode(status))


def fork(name: str, app: Flask) -> int:
    """Forks a process for one part; nothing is open in the app but what was loaded."""
    parent = os.getpid()
    return os.fork() or live_as(name, app, parent)


def live_as(name: str, app: Flask, parent: int) -> NoReturn:
    """What a forked process does: its part, then its end."""
    status = 1
    try:
        os.setsid()  # Ctrl-C in a terminal reaches the parent alone
        die_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (*ENDING, signal.SIGCHLD))
        if os.getppid() == parent:  # else it died before we could ask to be told
            setproctitle(f"duban: {name}")
            PARTS[name](app)
            status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    try:
        main()
    except NotFit as refusal:
        sys.exit(str(refusal))
