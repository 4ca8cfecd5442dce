"""What happens to each of the 121 instructions: a life is told step by step, each step at its hour.

A life yields the moment of its next step and acts when it is resumed, with the clock showing that moment. Lives that
reach past today simply stop there: that is how the register comes to hold every stage. All times are office time.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from portal.commands.demonstration.cast import Life, Row, Start, at, forwarded_to, holder, person, supervisor_of, unit
from portal.commands.demonstration.course import ASKED, AT_WORK, NAMED, REGISTERED, WITHDRAWN, Course
from portal.commands.demonstration.reports import reported, reviewed, through_its_chain
from portal.deadlines.reckon import extension_limit
from portal.deadlines.rules import Urgency
from portal.instructions.rules import INSTRUCTION
from portal.kernel import clock
from portal.matters import verbs
from portal.matters.queries import get_matter
from portal.matters.service import assigning, extending, forwarding, handling
from portal.matters.service.creation import NewMatter, create
from portal.matters.workflow import enact
from portal.network.queries import children_units, handlers_of
from portal.workflow.verbs import Said


def story(course: Course, start: Start) -> Life:
    """One instruction, from registration on."""
    row, n = course.row, course.row.number
    yield course.registered_at
    registrar = person(supervisor_of(row.registering_code))
    lead = unit(row.lead_code)
    helpers = () if row.confidential else tuple((unit(code), None, False) for code in row.co_codes)
    matter, _content = create(
        registrar,
        registrar.standings[0],
        NewMatter(
            kind=INSTRUCTION,
            registering_unit=unit(row.registering_code),
            source_level=row.level,
            urgency=row.urgency,
            confidential=row.confidential,
            instructed_on=row.instructed_on,
            received_on=row.received_on,
            title=row.title,
            text=row.text,
            leader=row.leader,
            document_number=row.document_number,
            requirement=row.requirement,
            paper_number=str(n),
            lead_unit=lead,
            co_units=helpers,
            request_key=row.request_key,
        ),
    )
    matter_id = matter.id
    if n in REGISTERED:
        return
    yield at(course.assigned_on, 14, n % 50)
    handler = handlers_of(unit(row.lead_code).id)[0]
    enact(
        person(supervisor_of(row.registering_code)),
        verbs.ASSIGN,
        matter_id,
        assigning.Assignment(lead_unit=unit(row.lead_code), handler_post_id=handler.post_id if row.confidential else None),
    )
    if n == WITHDRAWN:
        yield at(course.assigned_on + timedelta(days=2), 10)
        enact(
            person(supervisor_of(row.registering_code)),
            verbs.WITHDRAW,
            matter_id,
            Said(words="领导批示件已并入上一件办理，本件撤销。"),
        )
        return
    if course.declined:
        yield from _declined(row, matter_id, course.assigned_on)
    yield from handled(course, matter_id, start)


def _declined(row: Row, matter_id: UUID, day: date) -> Life:
    yield at(day + timedelta(days=1), 9, 30)
    enact(
        person(holder(row.lead_code, "liaison")),
        verbs.DECLINE,
        matter_id,
        assigning.Declining(code="several_units", words="此事涉及多个部门，请明确职责分工后再交办。"),
    )
    yield at(day + timedelta(days=2), 9, 15)
    enact(
        person(supervisor_of(row.registering_code)),
        verbs.ASSIGN,
        matter_id,
        assigning.Assignment(lead_unit=unit(row.lead_code), requirement="经商定，仍由你单位主办，其他单位配合。" + row.requirement),
    )


def handled(course: Course, matter_id: UUID, start: Start) -> Life:
    """The lead unit's part: named, acknowledged, worked on, forwarded, reported, reviewed."""
    row, day, due = course.row, course.taken_on, course.due_on
    n, code = row.number, row.lead_code
    if not row.confidential:
        yield at(day, 16, n % 50)
        desk = person(holder(code, "liaison"))
        enact(desk, verbs.NAME_HANDLER, matter_id, assigning.Naming(post_id=handlers_of(unit(code).id)[0].post_id))
    if n in NAMED:
        return
    yield at(day + timedelta(days=1), 9, 20 + n % 30)
    enact(person(holder(code, "handler")), verbs.ACKNOWLEDGE, matter_id, None)
    if course.forwarded_at:
        yield course.forwarded_at
        yield from _forwarded(row, matter_id, start)
    yield at(day + timedelta(days=3), 10, n % 60)
    enact(
        person(holder(code, "handler")),
        verbs.PROGRESS,
        matter_id,
        handling.Progress(words=_PROGRESS[n % len(_PROGRESS)], first_feedback=row.urgency == Urgency.URGENT),
    )
    yield at(day + timedelta(days=course.span // 2), 16, n % 60)
    enact(person(holder(code, "handler")), verbs.PROGRESS, matter_id, handling.Progress(words=_PROGRESS[(n + 2) % len(_PROGRESS)]))
    if n in ASKED:
        yield at(min(due - timedelta(days=1), day + timedelta(days=12)), 9)
        _ask(row, matter_id, due)
        return
    if course.extension is not None:
        yield from _extended(row, matter_id, due, granted=course.extension)
    if n in AT_WORK:
        return
    yield from reported(course, matter_id)


def _forwarded(row: Row, matter_id: UUID, start: Start) -> Life:
    desk = person(holder(row.lead_code, "liaison"))
    parent = get_matter(desk, matter_id)
    roomy = parent.due_on > clock.today() + timedelta(days=10)
    for child in enact(
        desk,
        verbs.FORWARD,
        matter_id,
        forwarding.Forwarding(
            units=forwarded_to(row, children_units(parent.lead_unit_id or 0, direct=True)),
            words="请按批示要求核查整改，按时报送办理情况。",
            due_on=parent.due_on - timedelta(days=6) if roomy else None,
        ),
    ).result:
        start(_child(row, child.id, child.lead_unit.code if child.lead_unit else "", child.due_on))
    yield clock.now() + timedelta(minutes=20)


def _child(row: Row, matter_id: UUID, code: str, due: date) -> Life:
    yield clock.now() + timedelta(minutes=30)
    day = clock.today()
    desk = person(holder(code, "liaison"))
    enact(desk, verbs.NAME_HANDLER, matter_id, assigning.Naming(post_id=handlers_of(unit(code).id)[0].post_id))
    yield at(day + timedelta(days=1), 11, row.number % 60)
    enact(person(holder(code, "handler")), verbs.ACKNOWLEDGE, matter_id, None)
    yield at(day + timedelta(days=2), 15)
    enact(
        person(holder(code, "handler")), verbs.PROGRESS, matter_id, handling.Progress(words=_PROGRESS[row.number % len(_PROGRESS)])
    )
    yield from through_its_chain(matter_id, code, due - timedelta(days=3), row, once=True)
    yield at(due - timedelta(days=1), 15, row.number % 60)
    yield from reviewed(matter_id, code, row, returned=False)


def _extended(row: Row, matter_id: UUID, due: date, *, granted: bool) -> Life:
    yield at(due - timedelta(days=4), 10)
    _ask(row, matter_id, due)
    yield at(due - timedelta(days=3), 11)
    head = "city.ducha.head" if row.registering_code == "3303" else f"{row.registering_code}.ducha.head"
    words = "同意延期，请抓紧办理。" if granted else "请克服困难，按原定期限办结。"
    enact(person(head), verbs.DECIDE_EXTENSION, matter_id, extending.Decision(granted=granted, words=words))


def _ask(row: Row, matter_id: UUID, due: date) -> None:
    enact(
        person(holder(row.lead_code, "handler")),
        verbs.ASK_EXTENSION,
        matter_id,
        extending.Asking(
            until=extension_limit(due),
            words="涉及历史资料较多，须逐件调取核对，原定期限内难以完成。",
            progress="已完成现场核查，正在逐件核对资料。",
        ),
    )


_PROGRESS = (
    "已成立工作专班，完成现场核查，反映的情况基本属实。",
    "召开专题会议研究，明确责任分工和完成时限。",
    "已调取有关资料，逐项核对，发现问题 3 处，正在整改。",
    "会同有关部门开展联合检查，问题已整改过半。",
    "整改措施已落实，正在整理材料准备报结。",
)
