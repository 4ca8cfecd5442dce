"""The kind: a chain of its own, with and without a paper; terms, readers and a report of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from flask_babel import LazyString

from portal.access.actor import Actor
from portal.access.models import View
from portal.access.roles import Role
from portal.access.viewers import Readers
from portal.kernel.language import _l
from portal.matters import verbs
from portal.matters.around import Around
from portal.matters.forms.handling import WordsForm
from portal.matters.kinds import MatterKind, Question, Report, Review
from portal.matters.models import Content, Matter, State
from portal.matters.service.reporting import drafting, signing
from portal.matters.workflow import MatterVerb
from portal.network.models import Unit
from portal.papers.seats import Seat, Shape
from portal.workflow.verbs import Link, Offered, Said, Tell, Verb
from tests.contract.errands import acts, service
from tests.contract.errands.rules import ERRAND, TERMS, says_what_was_done


def _shape(matter: Matter, countersigning: Sequence[int]) -> Shape:
    assert matter.lead_unit_id is not None
    return Shape(ERRAND, (Seat("issue", Role.OFFICE_DIRECTOR, matter.lead_unit_id),))


def _title(title: str) -> str:
    return f"{title}的办理情况"


def _addressee(kind: str, name: str) -> str:
    return name


def _name(matter: Matter, unit: Unit) -> str:
    return unit.name


def _mark(matter: Matter, unit: Unit) -> str:
    return f"{unit.document_prefix or unit.short_name}事"


def _upward(matter: Matter) -> bool:
    return False


def _source(matter: Matter) -> LazyString:
    return _l("小事")


def _readers(readers: Readers, matter: Matter, content: Content, around: Around) -> None:
    """The duty office of whoever registered it, a day before all others."""
    day_before = matter.due_on - timedelta(days=1)
    readers.standings(matter.registering_unit_id, (Role.DUTY_OFFICER,), View.CONTENT, due_on=day_before)


def _on_page(actor: Actor, matter: Matter) -> Mapping[str, object]:
    return {"place": service.place_of(actor, matter)}


class HandInForm(WordsForm):
    """交差."""

    lead = _l("小事不用写材料，说明办成了什么即可。")


HAND_IN: MatterVerb[Said] = Verb(
    name="hand_in",
    act=acts.HAND_IN,
    label=_l("交差"),
    said=_l("已交差"),
    from_=frozenset({State.IN_PROGRESS}),
    to=State.UNDER_REVIEW,
    needs=(says_what_was_done,),
    work=service.hand_in,
    tells=(Tell("errand_handed_in", service.office),),
    dated=True,
    form=HandInForm,
    offered=Offered.TURN,
)
VERBS: tuple[MatterVerb, ...] = (  # type: ignore[type-arg]
    verbs.ASSIGN,
    verbs.NAME_HANDLER,
    verbs.ACKNOWLEDGE,
    verbs.PROGRESS,
    HAND_IN,
    verbs.CLOSE,
    verbs.RETURN_FOR_REWORK,
    verbs.URGE,
    verbs.WITHDRAW,
    drafting.START,
    signing.SUBMIT_REPORT,
    signing.ISSUE,
    signing.SEND_BACK,
    signing.RECALL,
)
_REPORT: Link[Matter] = Link(
    endpoint="matters.begin_report",
    act=verbs.PROGRESS.act,
    label=_l("写报结材料"),
    from_=frozenset({State.IN_PROGRESS}),
    bare=True,
)
KIND = MatterKind(
    name=ERRAND,
    page="matters.matter",
    argument="matter_id",
    buttons=(*VERBS[:5], _REPORT, *VERBS[5:9]),
    label=_l("交办小事"),
    register="errands.errands_list",
    register_label=_l("小事登记表"),
    source=_source,
    text_label=_l("小事内容"),
    mark="事",
    verbs=VERBS,
    terms=TERMS,
    report=Report(shape=_shape, title=_title, addressee=_addressee, name=_name, mark=_mark, upward=_upward, paper="errand_report"),
    review=Review(
        questions={"done": Question(_l("办成没有"), _l("说得清楚就行"))},
        lead=_l("办成了就办结，没有办成的退回重办。"),
        before_writing=_l("写前一问"),
        answered=_l("一问自查"),
    ),
    readers=_readers,
    on_page=_on_page,
    template="errands/matter.html",
)
