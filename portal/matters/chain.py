"""Where a matter may stand when something is done with it."""

from __future__ import annotations

from portal.matters.models import State as S

IN_HAND = frozenset({S.ASSIGNED, S.ACKNOWLEDGED, S.IN_PROGRESS})
AT_WORK = IN_HAND | {S.IN_SIGN_OFF}
OUT_THERE = AT_WORK | {S.UNDER_REVIEW}
OPEN = OUT_THERE | {S.REGISTERED}
ENDS = frozenset({S.CLOSED, S.WITHDRAWN})
ANY = frozenset(S)
