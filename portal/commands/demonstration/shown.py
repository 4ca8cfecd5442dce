"""Work for those whose names are shown at the start: one instruction that waits for each of them.

The 121 of the paper register leave them idle or not as their dates fall. These few are registered by the county whose
department they are, and stop where the one who tries that name would go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from portal.commands.demonstration.cast import Life, Row, Start, at, by_id, handlers, holder, person, unit
from portal.commands.demonstration.reports import named_signers, report_text
from portal.deadlines.rules import SourceLevel, Urgency
from portal.instructions.rules import INSTRUCTION
from portal.matters import verbs
from portal.matters.queries import get_matter
from portal.matters.service import assigning, handling, reporting
from portal.matters.service.creation import NewMatter, create
from portal.matters.workflow import enact

COUNTY, DEPARTMENT = "330324", "330324-28"
SUPERVISOR = f"{COUNTY}.ducha"

# What it is about, by whom, received how many days ago, and how far it has come: 0 registered, 1 assigned, 2 handler
# named, 3 acknowledged and at work, 4 and more: submitted, with so many signatures less four.
_SHOWN = (
    ("家庭医生签约服务", SourceLevel.COUNTY, "永嘉县委主要领导", 1, 0),
    ("乡镇卫生院夜间急诊", SourceLevel.COUNTY, "永嘉县委主要领导", 2, 1),
    ("医疗废物转运处置", SourceLevel.CITY, "分管副市长", 2, 2),
    ("基层医疗机构药品供应", SourceLevel.CITY, "市长", 26, 3),
    ("托育机构卫生管理", SourceLevel.CITY, "市长", 20, 4),
    ("村卫生室标准化建设", SourceLevel.PROVINCE, "省长", 11, 5),
    ("血吸虫病监测", SourceLevel.PROVINCE, "省委书记", 12, 6),
    ("公共场所卫生检查", SourceLevel.CITY, "分管副市长", 18, 6),
)


def shown_rows(today: date) -> Iterator[tuple[Row, int]]:
    """Their rows, and how far each has come."""
    for number, (topic, level, leader, days, stage) in enumerate(_SHOWN, start=1):
        received = today - timedelta(days=days)
        row = Row(
            number=200 + number,
            level=level,
            leader=leader,
            instructed_on=received - timedelta(days=1),
            received_on=received,
            title=f"关于{topic}的情况反映",
            document_number=f"永委办〔{received.year}〕{300 + number}号",
            text="请县卫健局研究，拿出切实可行的办法，办理结果报我。",
            urgency=Urgency.NORMAL,
            confidential=False,
            lead_code=DEPARTMENT,
            co_codes=(),
            requirement="查清情况、找准原因、落实整改、按时报结",
            registering_code=COUNTY,
        )
        yield row, stage


def registered_at(row: Row) -> datetime:
    """When such a row is registered."""
    return at(row.received_on, 9, row.number % 60)


def shown_life(row: Row, stage: int, _start: Start) -> Life:
    """Its life, up to the one who goes on."""
    yield registered_at(row)
    registrar = person(SUPERVISOR)
    matter, _content = create(
        registrar,
        registrar.standings[0],
        NewMatter(
            kind=INSTRUCTION,
            registering_unit=unit(COUNTY),
            source_level=row.level,
            urgency=row.urgency,
            confidential=False,
            instructed_on=row.instructed_on,
            received_on=row.received_on,
            title=row.title,
            text=row.text,
            leader=row.leader,
            document_number=row.document_number,
            requirement=row.requirement,
            lead_unit=unit(DEPARTMENT),
            request_key=row.request_key,
        ),
    )
    matter_id = matter.id
    if stage < 1:
        return
    yield at(row.received_on, 10, row.number % 60)
    enact(person(SUPERVISOR), verbs.ASSIGN, matter_id, assigning.Assignment(lead_unit=unit(DEPARTMENT)))
    if stage < 2:
        return
    yield at(row.received_on, 15)
    chosen = handlers(DEPARTMENT)[0].post_id
    enact(person(holder(DEPARTMENT, "liaison")), verbs.NAME_HANDLER, matter_id, assigning.Naming(post_id=chosen))
    if stage < 3:
        return
    yield at(row.received_on + timedelta(days=1), 9, 30)
    enact(person(holder(DEPARTMENT, "handler")), verbs.ACKNOWLEDGE, matter_id, None)
    yield at(row.received_on + timedelta(days=3), 10)
    enact(
        person(holder(DEPARTMENT, "handler")),
        verbs.PROGRESS,
        matter_id,
        handling.Progress(words="已到六个乡镇现场核查，反映的情况基本属实，正在逐项整改。"),
    )
    if stage < 4:
        return
    yield at(row.received_on + timedelta(days=6), 9)
    drafter = person(holder(DEPARTMENT, "handler"))
    matter, draft = reporting.open_draft(drafter, matter_id)
    reporting.save_draft(drafter, draft.id, draft.saved, {"body": report_text(row, matter)})
    reporting.submit_report(drafter, draft.id, named=named_signers(DEPARTMENT, matter_id))
    for hours in range(4, stage):
        yield at(row.received_on + timedelta(days=6), 10 + hours)
        step = get_matter(person(holder(DEPARTMENT, "handler")), matter_id).step_now
        signer = by_id(next(h.person_id for h in step.people if h.delegation_id is None))
        reporting.sign(signer, draft.id, step=step.step.number, digest=step.sign_off.digest, confirm=lambda: None)
