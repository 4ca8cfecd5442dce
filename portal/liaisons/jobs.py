"""What a sweep does about drives."""

from __future__ import annotations

from portal.liaisons.service import drives


def remind_drives() -> None:
    """Units that have not answered, before a drive ends."""
    drives.remind()
