"""What follows every move of a matter: dates on the shell, an entry in 办理经过, clocks that stop, viewers, milestone.

The rulebook of `workflow.engine` for matters is put together here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from portal.access.actor import Actor, Standing, System
from portal.access.roles import Role, post_name
from portal.access.visibility import as_seen_by
from portal.deadlines.words import instant_words
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.matters import clocks
from portal.matters.chain import CHAIN
from portal.matters.models import Content, Entry, Matter, Milestone
from portal.matters.readers import index_viewers
from portal.matters.rules import NEEDS
from portal.workflow.engine import Moved, Rulebook

ENTRY_LABELS = {
    "register": _l("登记"),
    "amend": _l("更正"),
    "parent_amended": _l("上级更正"),
    "end_sign_off": _l("签批终止"),
    "assign": _l("交办"),
    "forward": _l("转办"),
    "forwarded": _l("转办下级"),
    "name_handler": _l("指定承办人"),
    "name_co_handler": _l("指定协办承办人"),
    "hand_over": _l("离岗交接"),
    "name_reviewer": _l("指定审核人"),
    "acknowledge": _l("签收"),
    "decline": _l("退回交办"),
    "reassign_unit": _l("改派"),
    "unit_followed": _l("机构调整，改由承接单位办理"),
    "start": _l("开始办理"),
    "progress": _l("进展"),
    "co_progress": _l("协办情况"),
    "submit_report": _l("报结"),
    "check": _l("核稿"),
    "endorse": _l("审签"),
    "countersign": _l("会签"),
    "issue": _l("签发"),
    "send_back": _l("送签退回"),
    "recall": _l("撤回修改"),
    "return_for_rework": _l("退回重办"),
    "close": _l("办结"),
    "withdraw": _l("撤销"),
    "make_confidential": _l("作废"),  # those who read it learn no more than that
    "ask_extension": _l("申请延期"),
    "extension_granted": _l("准予延期"),
    "extension_refused": _l("不予延期"),
    "extension_ended": _l("延期申请终止"),
    "urge": _l("催办"),
    "instruct_again": _l("再次批示"),
    "new_round": _l("登记新一轮"),
    "reminded": _l("提醒"),
}

# Milestones of the shell: dates without names. Sign-off inside the unit is not among them.
_SHELL = frozenset(
    {
        "register",
        "assign",
        "acknowledge",
        "decline",
        "reassign_unit",
        "unit_followed",
        "issue",
        "return_for_rework",
        "close",
        "withdraw",
        "urge",
        "extension_granted",
        "extension_refused",
        "make_confidential",
        "forward",
    }
)


def write_entry(
    matter: Matter,
    kind: str,
    actor: Actor | System,
    standing: Standing | None,
    *,
    words: str | None = None,
    facts: dict[str, Any] | None = None,
    first_feedback: bool = False,
    report_id: Any = None,
) -> Entry:
    """One line of 办理经过, with the post that acted; and, where it is a fact of the shell, its bare date."""
    entry, *milestone = lines(
        matter, kind, actor, standing, words=words, facts=facts, first_feedback=first_feedback, report_id=report_id
    )
    db.session.add_all((entry, *milestone))
    return entry


def lines(
    matter: Matter,
    kind: str,
    actor: Actor | System,
    standing: Standing | None,
    *,
    words: str | None = None,
    facts: dict[str, Any] | None = None,
    first_feedback: bool = False,
    report_id: Any = None,
) -> tuple[Entry, *tuple[Milestone, ...]]:
    """The rows that `write_entry` writes, for whoever writes them together with others."""
    entry = Entry(
        record_id=matter.id,
        confidential=matter.confidential,
        kind=kind,
        at=clock.now(),
        version=matter.version,
        person_id=actor.person_id,
        role=Role(standing.role) if standing else None,
        unit_name=standing.unit_name if standing else None,
        delegation_id=standing.delegation_id if standing else None,
        first_feedback=first_feedback,
        report_id=report_id,
        words=words,
        facts=facts,
    )
    if kind not in _SHELL:
        return (entry,)
    unit_id = standing.unit_id if standing and kind in ("urge", "register", "assign", "close", "return_for_rework") else None
    return entry, Milestone(record_id=matter.id, kind=kind, at=clock.now(), unit_id=unit_id)


def changes_since(matter: Matter, actor: Actor, version: int) -> list[str]:
    """What the reader may know of what happened after that version, newest first."""
    rows = db.session.scalars(
        select(Entry)
        .where(Entry.record_id == matter.id, Entry.version > version)
        .order_by(Entry.sequence.desc())
        .limit(10)
        .options(as_seen_by(actor))
    )
    return [
        f"{instant_words(row.at)}　{ENTRY_LABELS.get(row.kind, row.kind)}"
        + (f"　{post_name(row.unit_name, Role(row.role))}" if row.unit_name and row.role else "")
        for row in rows
    ] or [_("状态现为“%(state)s”", state=matter.state.label)]


def settle(matter: Matter, moved: Moved) -> None:
    """After a move: clocks that the row stops, the entry, and the index of viewers."""
    given = moved.given
    content: Content = given["content"]
    if moved.move.stops:
        clocks.stop(matter, *moved.move.stops)
    write_entry(
        matter,
        moved.move.event,
        moved.actor,
        moved.standing,
        words=given.get("reason") or given.get("words"),
        facts=given.get("entry_facts"),
        first_feedback=bool(given.get("first_feedback")),
        report_id=given.get("report_id"),
    )
    for act in given.get("then", ()):
        act()
    index_viewers(matter, content)


BOOK = Rulebook(chain=CHAIN, needs=NEEDS, changes_since=changes_since, settle=settle)
