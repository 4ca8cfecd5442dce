"""What an errand may say, and how long it may take."""

from __future__ import annotations

from datetime import timedelta

from portal.deadlines import reckon
from portal.deadlines.reckon import Deadline
from portal.kernel.language import _, _l
from portal.matters.kinds import Terms
from portal.matters.models import Matter
from portal.workflow.verbs import Said, need

ERRAND = "errand"
DAYS = 10


def _closing(matter: Matter, version: int | None) -> Deadline:
    return reckon.given(matter.received_on + timedelta(days=DAYS), matter.registering_unit.name, matter.received_on)


def _no_feedback(matter: Matter, version: int | None) -> Deadline | None:
    return None


def _version() -> int:
    return 1


TERMS = Terms(closing=_closing, feedback=_no_feedback, version=_version)


@need(_l("写明办成了什么"))
def says_what_was_done(_matter: Matter, given: Said | None) -> str | None:
    """Whoever hands an errand in says what became of it."""
    return _("请写明办成了什么") if given is not None and not given.words else None
