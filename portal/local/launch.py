"""Becomes the command it is given, after tying its life to its parent's: when the parent dies, the kernel signals it.

A program of its own, not a `preexec_fn`: nothing of ours then runs between fork and exec of a process with threads. It sees no
packages, so it reads the vow as a file.
Arguments: the parent's pid, the signal for its death, user and group id to become (`-` to stay), and the command.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from runpy import run_path
from signal import Signals

VOW = Path(__file__).parents[1] / "kernel" / "parent.py"


def main() -> None:
    """Starts a session of its own, gives up root where told to, then becomes the command."""
    parent, signal_number, uid, gid, *command = sys.argv[1:]
    die_with_parent = run_path(str(VOW))["die_with_parent"]  # now: the other user may not reach the file
    os.setsid()  # Ctrl-C in the terminal reaches the supervisor alone
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    # After setuid: a change of user clears it.
    die_with_parent(Signals(int(signal_number)))
    if os.getppid() != int(parent):  # the parent died before we could ask to be told
        sys.exit(1)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
