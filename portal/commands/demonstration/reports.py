"""The end of a life: the closing report written, signed by each in his time, sent back here and there, reviewed."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from portal.commands.demonstration.cast import Life, Row, at, by_id, holder, in_office_hours, person, supervisor_of
from portal.commands.demonstration.course import IN_SIGN_OFF, Course
from portal.kernel import clock
from portal.kernel.db import db
from portal.matters import verbs
from portal.matters.models import Matter, State
from portal.matters.queries import get_matter
from portal.matters.rules import open_below
from portal.matters.service import reporting, reviewing
from portal.matters.workflow import enact
from portal.network.models import Unit
from portal.papers.seats import holders_to_choose
from portal.workflow.verbs import Said


def reported(course: Course, matter_id: UUID) -> Life:
    """Reported in its time, reviewed, and once or twice returned for rework."""
    row, day = course.row, course.reported_on
    yield from through_its_chain(matter_id, row.lead_code, day - timedelta(days=2), row)
    if row.number in IN_SIGN_OFF:
        return
    yield at(day + timedelta(days=1), 9, 40)
    yield from reviewed(matter_id, row.lead_code, row, returned=course.returns > 0)
    for still in reversed(range(course.returns)):
        again = clock.today() + timedelta(days=3)
        yield from through_its_chain(matter_id, row.lead_code, again, row)
        yield at(again + timedelta(days=3), 10)
        yield from reviewed(matter_id, row.lead_code, row, returned=still > 0)


def through_its_chain(matter_id: UUID, code: str, day: date, row: Row, *, once: bool = False) -> Life:
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
        matter = get_matter(drafter, matter_id)
        if matter.state != State.IN_SIGN_OFF or matter.step_now is None:
            return
        step = matter.step_now
        signer = by_id(next(h.person_id for h in step.people if h.delegation_id is None))
        if signed == 1 and row.number % 11 == 4 and not once:
            once = True
            reporting.send_back(signer, draft.id, step=step.step.number, reason="整改措施一节请写明责任人和完成时限。")
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
    matter = get_matter(drafter, matter_id)
    choices = holders_to_choose(reporting.seats_of(matter), {drafter.person_id}, confidential=matter.confidential)
    return {number: people[0].person_id for number, people in choices.items()}


def _open_below(matter: Matter) -> int:
    return open_below(matter) if matter.content is not None and matter.content.has("child") else 0


def reviewed(matter_id: UUID, code: str, row: Row, *, returned: bool) -> Life:
    """The supervising office closes it, or returns it."""
    lead = person(holder(code, "handler"))
    matter = get_matter(lead, matter_id)
    if matter.state != State.UNDER_REVIEW:
        return
    office = db.session.get(Unit, matter.supervising_unit_id)
    assert office is not None
    reviewer = person(supervisor_of(office.code))
    if returned:
        enact(
            reviewer,
            verbs.RETURN_FOR_REWORK,
            matter_id,
            reviewing.Return(failed=("measures",), words="报告只写了部署，未写责任如何追究、今后如何抽查，请补充后重新报结。"),
        )
    else:
        enact(reviewer, verbs.CLOSE, matter_id, Said(words="事实清楚，措施落实，同意办结。"))
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
