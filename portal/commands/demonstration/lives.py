"""What happens to each of the 121 instructions: a life is told step by step, each step at its hour.

A life yields the moment of its next step and acts when it is resumed, with the clock showing that moment. Lives that
reach past today simply stop there: that is how the register comes to hold every stage. All times are office time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from portal.access.actor import Actor
from portal.deadlines.reckon import extension_limit
from portal.deadlines.rules import SourceLevel, Urgency
from portal.identity.queries import person_by_id, person_named
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters.models import Matter, State
from portal.matters.queries import one
from portal.matters.rules import open_below
from portal.matters.service import assigning, ending, forwarding, handling, reporting, reviewing
from portal.matters.service.creation import NewMatter, create
from portal.network.models import Unit
from portal.network.queries import Holder, children_units, handlers_of, unit_by_code
from portal.network.service.acting import actor_for
from portal.workflow import signoff

LEVELS = {"中央": SourceLevel.CENTRAL, "省": SourceLevel.PROVINCE, "市": SourceLevel.CITY, "县": SourceLevel.COUNTY}
URGENCIES = {"一般": Urgency.NORMAL, "急件": Urgency.URGENT}
Life = Iterator[datetime]
IN_SIGN_OFF = (106, 109, 112)  # their chains wait for the second signature
Start = Callable[[Life], None]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the paper register, its dates already moved."""

    number: int
    level: SourceLevel
    leader: str
    instructed_on: date
    received_on: date
    title: str
    document_number: str
    text: str
    urgency: Urgency
    confidential: bool
    lead_code: str
    co_codes: tuple[str, ...]
    requirement: str
    registering_code: str


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An office hour."""
    return clock.at(day, hour, minute)


def in_office_hours(moment: datetime) -> datetime:
    """That moment, or the next morning's nine o'clock where offices are closed."""
    wall = clock.local(moment)
    if wall.hour < 9:
        return at(wall.date(), 9, wall.minute)
    return moment if wall.hour < 18 else at(wall.date() + timedelta(days=1), 9, wall.minute)


def person(name: str) -> Actor:
    """Whoever bears this sign-in name, with the posts he holds at that time."""
    found = person_named(name)
    if found is None:
        raise LookupError(f"the demonstration network has no {name}")
    return actor_for(found)


def by_id(person_id: int) -> Actor:
    """The person with this id."""
    found = person_by_id(person_id)
    if found is None:
        raise LookupError(str(person_id))
    return actor_for(found)


def supervisor_of(code: str) -> str:
    """The supervision office's own sign-in name: the city's is called city."""
    return "city.ducha" if code == "3303" else f"{code}.ducha"


def holder(code: str, role: str) -> str:
    """The sign-in name of a lead unit's post; in a committee the office director is its general office's."""
    if "-" in code or len(code) > 6:
        return f"{code}.{role}"
    return f"{code}.{'ban.director' if role == 'office' else role}"


def story(row: Row, start: Start) -> Life:
    """One instruction, from registration on."""
    n = row.number
    yield at(row.received_on, 9, 10 + n % 40)
    registrar = person(supervisor_of(row.registering_code))
    lead = unit(row.lead_code)
    helpers = () if row.confidential else tuple((unit(code), None, False) for code in row.co_codes)
    matter, _content = create(
        registrar,
        registrar.standings[0],
        NewMatter(
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
        ),
    )
    matter_id, due = matter.id, matter.due_on
    if n == 121:
        return
    day = row.received_on + timedelta(days=n % 3 == 0)
    yield at(day, 14, n % 50)
    handler = handlers_of(unit(row.lead_code).id)[0]
    assigning.assign(
        person(supervisor_of(row.registering_code)), matter_id, lead_unit=unit(row.lead_code),
        handler_post_id=handler.post_id if row.confidential else None,
    )
    if n == 50:
        yield at(day + timedelta(days=2), 10)
        ending.withdraw(
            person(supervisor_of(row.registering_code)), matter_id, reason="领导批示件已并入上一件办理，本件撤销。"
        )
        return
    if n % 30 == 7 and not row.confidential and row.registering_code == "3303" and "-" in row.lead_code:
        yield from _declined(row, matter_id, day)
        day += timedelta(days=2)
    yield from handled(row, matter_id, due, day, start)


def unit(code: str) -> Unit:
    """The unit with this code."""
    found = unit_by_code(code)
    assert found is not None
    return found


def handlers(code: str) -> list[Holder]:
    """Who may be named handler there."""
    return handlers_of(unit(code).id)


def _declined(row: Row, matter_id: UUID, day: date) -> Life:
    yield at(day + timedelta(days=1), 9, 30)
    assigning.decline(
        person(holder(row.lead_code, "liaison")), matter_id, code="several_units",
        reason="此事涉及多个部门，请明确职责分工后再交办。",
    )
    yield at(day + timedelta(days=2), 9, 15)
    assigning.assign(
        person(supervisor_of(row.registering_code)), matter_id, lead_unit=unit(row.lead_code),
        requirement="经商定，仍由你单位主办，其他单位配合。" + row.requirement,
    )


def handled(row: Row, matter_id: UUID, due: date, day: date, start: Start) -> Life:
    """The lead unit's part: named, acknowledged, worked on, forwarded, reported, reviewed."""
    n, code = row.number, row.lead_code
    unit_code = code
    if not row.confidential:
        yield at(day, 16, n % 50)
        desk = person(holder(unit_code, "liaison"))
        assigning.name_handler(desk, matter_id, handler_post_id=handlers_of(unit(unit_code).id)[0].post_id)
    if n in (119, 120):
        return
    yield at(day + timedelta(days=1), 9, 20 + n % 30)
    handling.acknowledge(person(holder(unit_code, "handler")), matter_id)
    span = max((due - day).days, 6)
    if "-" not in code and len(code) == 6 and n % 3 != 1 and not row.confidential:
        yield at(day + timedelta(days=1), 15)
        yield from _forwarded(row, matter_id, start)
    yield at(day + timedelta(days=3), 10, n % 60)
    handling.progress(
        person(holder(unit_code, "handler")), matter_id, words=_PROGRESS[n % len(_PROGRESS)],
        first_feedback=row.urgency == Urgency.URGENT,
    )
    yield at(day + timedelta(days=span // 2), 16, n % 60)
    handling.progress(person(holder(unit_code, "handler")), matter_id, words=_PROGRESS[(n + 2) % len(_PROGRESS)])
    if n in (105, 113):
        yield at(min(due - timedelta(days=1), day + timedelta(days=12)), 9)
        _ask(row, matter_id, due)
        return
    if n % 9 == 5:
        yield from _extended(row, matter_id, due)
        due = extension_limit(due) if n % 18 == 5 else due
    if n in (88, 94, 103):
        return
    late = timedelta(days=4 if n % 8 == 3 else -3 - n % 3)
    if n in IN_SIGN_OFF:
        late = timedelta(days=-9)
    yield from _reported(row, matter_id, max(due + late, day + timedelta(days=span // 2 + 1)))


def _forwarded(row: Row, matter_id: UUID, start: Start) -> Life:
    desk = person(holder(row.lead_code, "liaison"))
    parent = one(desk, matter_id)
    below = children_units(parent.lead_unit_id or 0, direct=True)
    departments = [u for u in below if u.kind == "department"]
    townships = [u for u in below if u.kind == "township"]
    units = [departments[row.number % len(departments)], townships[row.number % len(townships)]]
    roomy = parent.due_on > clock.today() + timedelta(days=10)
    for child in forwarding.forward(
        desk, matter_id, units=units, requirement="请按批示要求核查整改，按时报送办理情况。",
        due_on=parent.due_on - timedelta(days=6) if roomy else None,
    ):
        start(_child(row, child.id, child.lead_unit.code if child.lead_unit else "", child.due_on))
    yield clock.now() + timedelta(minutes=20)


def _child(row: Row, matter_id: UUID, code: str, due: date) -> Life:
    yield clock.now() + timedelta(minutes=30)
    day = clock.today()
    desk = person(holder(code, "liaison"))
    assigning.name_handler(desk, matter_id, handler_post_id=handlers_of(unit(code).id)[0].post_id)
    yield at(day + timedelta(days=1), 11, row.number % 60)
    handling.acknowledge(person(holder(code, "handler")), matter_id)
    yield at(day + timedelta(days=2), 15)
    handling.progress(person(holder(code, "handler")), matter_id, words=_PROGRESS[row.number % len(_PROGRESS)])
    yield from _chain(matter_id, code, due - timedelta(days=3), row, once=True)
    yield at(due - timedelta(days=1), 15, row.number % 60)
    yield from _review(matter_id, code, row, returned=False)


def _extended(row: Row, matter_id: UUID, due: date) -> Life:
    yield at(due - timedelta(days=4), 10)
    _ask(row, matter_id, due)
    yield at(due - timedelta(days=3), 11)
    head = "city.ducha.head" if row.registering_code == "3303" else f"{row.registering_code}.ducha.head"
    if row.number % 18 == 5:
        handling.decide_extension(person(head), matter_id, granted=True, words="同意延期，请抓紧办理。")
    else:
        handling.decide_extension(person(head), matter_id, granted=False, words="请克服困难，按原定期限办结。")


def _ask(row: Row, matter_id: UUID, due: date) -> None:
    handling.ask_extension(
        person(holder(row.lead_code, "handler")), matter_id, until=extension_limit(due),
        reason="涉及历史资料较多，须逐件调取核对，原定期限内难以完成。", progress_so_far="已完成现场核查，正在逐件核对资料。",
    )


def _reported(row: Row, matter_id: UUID, day: date) -> Life:
    yield from _chain(matter_id, row.lead_code, day - timedelta(days=2), row)
    if row.number in IN_SIGN_OFF:
        return
    yield at(day + timedelta(days=1), 9, 40)
    returned = row.number % 6 == 1
    yield from _review(matter_id, row.lead_code, row, returned=returned)
    if not returned:
        return
    for round_number in range(2 if row.number % 12 == 1 else 1):
        again = clock.today() + timedelta(days=3)
        yield from _chain(matter_id, row.lead_code, again, row)
        yield at(again + timedelta(days=3), 10)
        yield from _review(matter_id, row.lead_code, row, returned=round_number == 0 and row.number % 12 == 1)


def _chain(matter_id: UUID, code: str, day: date, row: Row, *, once: bool = False) -> Life:
    """Draft, submit, and every signature until it is issued; each signer takes his time."""
    yield at(day, 9, row.number % 60)
    drafter = person(holder(code, "handler"))
    matter, draft = reporting.open_draft(drafter, matter_id)
    while waiting_below := _open_below(matter):
        yield clock.now() + timedelta(days=1)
        drafter = person(holder(code, "handler"))
        matter, draft = reporting.open_draft(drafter, matter_id)
        if waiting_below > 50:
            return
    reporting.save_draft(drafter, draft.id, draft.saved, {"body": report_text(row, matter), "answers": _ANSWERS})
    yield clock.now() + timedelta(hours=1)
    reporting.submit_report(person(holder(code, "handler")), draft.id, named=named_signers(code, matter_id))
    signed = 0
    while True:
        if signed == 1 and row.number in IN_SIGN_OFF and not once:
            return
        yield in_office_hours(clock.now() + timedelta(hours=3 if signed == 0 else 20))
        drafter = person(holder(code, "handler"))
        matter = one(drafter, matter_id)
        if matter.state != State.IN_SIGN_OFF or matter.step_now is None:
            return
        step = matter.step_now
        signer = by_id(next(h.person_id for h in step.people if h.delegation_id is None))
        if signed == 1 and row.number % 11 == 4 and not once:
            once = True
            reporting.send_back(
                signer, draft.id, step=step.step.number, reason="整改措施一节请写明责任人和完成时限。"
            )
            yield clock.now() + timedelta(hours=5)
            again = person(holder(code, "handler"))
            _matter, draft = reporting.open_draft(again, matter_id)
            reporting.submit_report(again, draft.id, named=named_signers(code, matter_id))
            signed = 0
            continue
        reporting.sign(signer, draft.id, step=step.step.number, digest=step.sign_off.digest, confirm=lambda: None)
        signed += 1


def named_signers(code: str, matter_id: UUID) -> dict[int, int]:
    """Where a seat has several holders, whom the drafter names: the first."""
    drafter = person(holder(code, "handler"))
    matter = one(drafter, matter_id)
    choices = signoff.holders_to_choose(
        reporting.seats_of(matter), drafter.person_id, confidential=matter.confidential
    )
    return {number: people[0].person_id for number, people in choices.items()}


def _open_below(matter: Matter) -> int:
    return open_below(matter) if matter.content is not None and matter.content.has("child") else 0


def _review(matter_id: UUID, code: str, row: Row, *, returned: bool) -> Life:
    lead = person(holder(code, "handler"))
    matter = one(lead, matter_id)
    if matter.state != State.UNDER_REVIEW:
        return
    office = db.session.get(Unit, matter.supervising_unit_id)
    assert office is not None
    reviewer = person(supervisor_of(office.code))
    if returned:
        reviewing.return_for_rework(
            reviewer, matter_id, failed=("measures",), reason="报告只写了部署，未写责任如何追究、今后如何抽查，请补充后重新报结。"
        )
    else:
        reviewing.close(reviewer, matter_id, words="事实清楚，措施落实，同意办结。")
    yield clock.now() + timedelta(minutes=5)


def report_text(row: Row, matter: Matter) -> str:
    """The words of a closing report: four sections, as the four questions ask."""
    topic = row.title.removeprefix("关于").removesuffix("的情况反映")
    return (
        f"收到{row.leader}在《{row.title}》（{row.document_number}）上的批示后，我单位专题研究，逐项核查整改。现将办理情况报告如下。\n"
        f"一、核查的事实\n经现场核查和资料比对，{topic}方面反映的情况基本属实，涉及的问题已逐项登记。\n"
        "二、原因\n一是责任不够明确，日常检查流于形式；二是部门之间信息没有及时互通。\n"
        "三、整改措施\n（一）明确责任人，逐项销号。\n（二）建立每月抽查制度，结果通报。\n（三）对履职不到位的人员提醒谈话。\n"
        "四、结果\n所列问题已整改到位，有关做法写入工作规范，长期执行。\n特此报告。"
    )


_ANSWERS = {"facts": "第一部分", "cause": "第二部分", "measures": "第三部分", "form": "核稿时检查"}
_PROGRESS = (
    "已成立工作专班，完成现场核查，反映的情况基本属实。",
    "召开专题会议研究，明确责任分工和完成时限。",
    "已调取有关资料，逐项核对，发现问题 3 处，正在整改。",
    "会同有关部门开展联合检查，问题已整改过半。",
    "整改措施已落实，正在整理材料准备报结。",
)
