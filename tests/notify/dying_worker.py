"""A worker that kills itself, its parent or both by SIGKILL at a chosen instant: `dying_worker WHEN NUMBER WHOM NOTE`.

WHEN is before_commit, after_commit, sending or sent; at its NUMBERth time in one job it happens, once, and NOTE is
written just before.
"""
from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from portal.jobs import worker
from portal.kernel.db import PortalSession
from portal.notify.channels import Outcome, Parcel
from portal.notify.mail import Mail


def main(when: str, number: str, whom: str, note: str) -> None:
    main_process = os.getpid()
    seen: list[int] = []

    def instant() -> None:
        if os.getpid() == main_process:
            return
        seen.append(1)
        if len(seen) != int(number):
            return
        Path(note).write_text(str(os.getpid()))
        if whom in ("parent", "both"):
            os.kill(main_process, signal.SIGKILL)
        if whom in ("child", "both"):
            os.kill(os.getpid(), signal.SIGKILL)

    if when in ("before_commit", "after_commit"):
        event.listen(PortalSession, when, lambda _session: instant())
    send = Mail.send

    def sending(self: Mail, parcel: Parcel) -> Outcome:
        if when == "sending":
            instant()
        outcome = send(self, parcel)
        if when == "sent":
            instant()
        return outcome

    Mail.send = sending  # type: ignore[method-assign]
    worker.main()


if __name__ == "__main__":
    arguments: Any = sys.argv[1:]
    main(*arguments)
