"""Where a matter may stand when something is done with it; and the verbs of its closing report, which have pages of their own."""

from __future__ import annotations

from typing import Any

from portal.kernel.language import _l
from portal.matters import acts, rules
from portal.matters.models import Content, Matter
from portal.matters.models import State as S
from portal.workflow.verbs import Offered, Verb

IN_HAND = frozenset({S.ASSIGNED, S.ACKNOWLEDGED, S.IN_PROGRESS})
AT_WORK = IN_HAND | {S.IN_SIGN_OFF}
OUT_THERE = AT_WORK | {S.UNDER_REVIEW}
OPEN = OUT_THERE | {S.REGISTERED}
ENDS = frozenset({S.CLOSED, S.WITHDRAWN})
ANY = frozenset(S)
_SIGNING = frozenset({S.IN_SIGN_OFF})

ReportVerb = Verb[Matter, Content, Any]


START: ReportVerb = Verb(
    name="start",
    act=acts.PROGRESS,
    from_=frozenset({S.ACKNOWLEDGED}),
    to=S.IN_PROGRESS,
    offered=Offered.NEVER,
)
SUBMIT_REPORT: ReportVerb = Verb(
    name="submit_report",
    act=acts.SUBMIT_REPORT,
    label=_l("报结"),
    from_=frozenset({S.IN_PROGRESS}),
    to=S.IN_SIGN_OFF,
    needs=(rules.report_complete, rules.nothing_open_below, rules.seats_held),
    offered=Offered.NEVER,
)
CHECK: ReportVerb = Verb(name="check", act=acts.SIGN, from_=_SIGNING, offered=Offered.NEVER)
ENDORSE: ReportVerb = Verb(name="endorse", act=acts.SIGN, from_=_SIGNING, offered=Offered.NEVER)
COUNTERSIGN: ReportVerb = Verb(name="countersign", act=acts.SIGN, from_=_SIGNING, offered=Offered.NEVER)
ISSUE: ReportVerb = Verb(
    name="issue",
    act=acts.SIGN,
    from_=_SIGNING,
    to=S.UNDER_REVIEW,
    stops=("closing", "first_feedback"),
    dated=True,
    offered=Offered.NEVER,
)
SEND_BACK: ReportVerb = Verb(
    name="send_back", act=acts.SIGN, from_=_SIGNING, to=S.IN_PROGRESS, needs=(rules.has_reason,), offered=Offered.NEVER
)
END_SIGN_OFF: ReportVerb = Verb(name="end_sign_off", act=acts.AMEND, from_=_SIGNING, to=S.IN_PROGRESS, offered=Offered.NEVER)
RECALL: ReportVerb = Verb(name="recall", act=acts.RECALL, from_=_SIGNING, to=S.IN_PROGRESS, offered=Offered.NEVER)
REPORT_VERBS = (START, SUBMIT_REPORT, CHECK, ENDORSE, COUNTERSIGN, ISSUE, SEND_BACK, END_SIGN_OFF, RECALL)
