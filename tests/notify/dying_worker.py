"""A worker whose jobs end by SIGKILL at chosen instants: `dying_worker NOTES WHEN:NUMBER:WHOM …`, one for each job.

WHEN is before_fire or after_fire (the commit of one clock's rungs), before_gather or after_gather (of digests), before_claim or after_claim (of one delivery),
before_parcel or after_parcel (of the look at it), sending or sent; at its NUMBERth time in the job WHOM is killed: the
child that does the job, its parent, or both. Just before, the child's pid is noted in NOTES, in a file of the death's
own number. Commits are named by what they keep, not counted: a new part of the sweep moves no death.
DUBAN_TEST_DIGESTS_FROM=HH:MM lets digests go out from then on, so that a test need not wait for the morning.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import time
from pathlib import Path

from sqlalchemy import event

from portal.kernel.db import PortalSession
from portal.notify import delivery, digests, ladder, rules, wakeup
from portal.notify.channels import Outcome, Parcel
from portal.notify.mail import Mail


def main(notes: Path, *deaths: str) -> None:
    main_process = os.getpid()
    seen: list[str] = []

    def instant(happening: str) -> None:
        number = len(list(notes.iterdir()))
        if os.getpid() == main_process or number >= len(deaths):
            return
        when, count, whom = deaths[number].split(":")
        if happening != when:
            return
        seen.append(when)
        if len(seen) != int(count):
            return
        (notes / "unfinished").write_text(str(os.getpid()))
        (notes / "unfinished").rename(notes / str(number))
        if whom in ("parent", "both"):
            os.kill(main_process, signal.SIGKILL)
        if whom in ("child", "both"):
            os.kill(os.getpid(), signal.SIGKILL)

    done: list[str] = []  # what the transaction has done that is watched here

    def watch(module: object, name: str) -> None:
        act = getattr(module, name)

        def watched(*said: object) -> object:
            result = act(*said)
            done[:] = [name] if result else []
            return result

        setattr(module, name, watched)

    def committed(_session: object) -> None:
        for name in done:
            instant(f"after_{name}")
        done.clear()

    watch(ladder, "fire")
    watch(delivery, "claim")
    watch(delivery, "parcel")
    watch(digests, "gather")
    if early := os.environ.get("DUBAN_TEST_DIGESTS_FROM"):
        rules.DIGEST_AT = time.fromisoformat(early)
    event.listen(PortalSession, "before_commit", lambda _session: [instant(f"before_{name}") for name in done])
    event.listen(PortalSession, "after_commit", committed)
    send = Mail.send

    def sending(self: Mail, parcel: Parcel, begin: Callable[[], bool]) -> Outcome:
        instant("sending")
        outcome = send(self, parcel, begin)
        instant("sent")
        return outcome

    Mail.send = sending  # type: ignore[method-assign]
    wakeup.ring = lambda city_id: None  # the test alone says how many jobs there are
    from portal.jobs import worker  # only now: the features hand down the parts of a sweep as they are when they are read

    worker.main()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
