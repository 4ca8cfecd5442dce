"""What the office does with a matter: one row a verb. Which of them a kind's page offers, and in which order, its feature says."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor
from portal.kernel.language import _l
from portal.matters import acts, audience, clocks, rules, views
from portal.matters.chain import ANY, AT_WORK, ENDS, IN_HAND, OPEN, OUT_THERE
from portal.matters.forms.giving import AssignForm, CoHandlerForm, DeclineForm, ForwardForm, HandlerForm, ReassignForm
from portal.matters.forms.handling import CoProgressForm, ExtensionForm, InstructAgainForm, ProgressForm, UrgeForm
from portal.matters.forms.reviewing import CloseForm, DecisionForm, MakeConfidentialForm, ReturnForm, ReviewerForm, WithdrawForm
from portal.matters.models import Matter
from portal.matters.models import State as S
from portal.matters.rules import Lead
from portal.matters.service import assigning, ending, extending, forwarding, handling, renewing, reviewing
from portal.matters.service.reporting import drafting, signing
from portal.matters.workflow import MatterVerb
from portal.workflow.verbs import Offered, Said, Tell, Verb, refuse_contradictions

_REVIEWED = frozenset({S.UNDER_REVIEW})
_REGISTERED = frozenset({S.REGISTERED})


def _while_asked(matter: Matter, _actor: Actor) -> Offered:
    return Offered.TURN if matter.extension_pending else Offered.NEVER


def _while_unnamed(matter: Matter, actor: Actor) -> Offered:
    return Offered.NEVER if while_named(matter, actor) is Offered.OPEN else Offered.TURN


def while_named(matter: Matter, _actor: Actor) -> Offered:
    """Somebody handles it already: of a confidential one, whoever it is."""
    named = matter.confidential or (matter.content is not None and matter.content.handler_id is not None)
    return Offered.OPEN if named else Offered.NEVER


def _until_asked(matter: Matter, _actor: Actor) -> Offered:
    return Offered.NEVER if matter.extension_pending else Offered.OPEN


def _to_helpers(matter: Matter, _actor: Actor) -> Offered:
    return Offered.OPEN if matter.co_unit_ids else Offered.NEVER


def _when_near(matter: Matter, _actor: Actor) -> Offered:
    return Offered.TURN if views.lamp_of(matter).kind in ("soon", "late") else Offered.OPEN


def to_readers(matter: Matter, _actor: Actor) -> Offered:
    """To whoever sees more than the shell."""
    return Offered.OPEN if matter.content is not None else Offered.NEVER


DECIDE_EXTENSION: MatterVerb[extending.Decision] = Verb(
    name="decide_extension",
    act=acts.DECIDE_EXTENSION,
    label=_l("批复延期"),
    from_=ANY,
    needs=(extending.one_waits, extending.refused_with_reason),
    work=extending.decide_extension,
    tells=(Tell("extension_decided", extending.asker),),
    dated=True,
    form=DecisionForm,
    offered=_while_asked,
)
ACKNOWLEDGE: MatterVerb[None] = Verb(
    name="acknowledge",
    act=acts.ACKNOWLEDGE,
    label=_l("签收"),
    said=_l("已签收"),
    from_=frozenset({S.ASSIGNED}),
    to=S.ACKNOWLEDGED,
    stops=(clocks.RECEIPT,),
    work=handling.acknowledge,
    tells=(Tell("acknowledged", handling.whoever_assigned),),
    dated=True,
    offered=Offered.TURN,
)
ASSIGN: MatterVerb[assigning.Assignment] = Verb(
    name="assign",
    act=acts.ASSIGN,
    label=_l("交办"),
    said=_l("已交办"),
    from_=_REGISTERED,
    to=S.ASSIGNED,
    needs=(rules.fit_to_lead, rules.handler_if_confidential, assigning.fit_to_help),
    shuts=(audience.REGISTRAR,),
    work=assigning.assign,
    dated=True,
    office=True,
    form=AssignForm,
    offered=Offered.TURN,
)
NAME_HANDLER: MatterVerb[assigning.Naming] = Verb(
    name="name_handler",
    act=acts.NAME_HANDLER,
    label=_l("指定承办人"),
    said=_l("已指定承办人"),
    from_=IN_HAND,
    needs=(assigning.has_handler,),
    work=assigning.name_handler,
    form=HandlerForm,
    offered=_while_unnamed,
)
CLOSE: MatterVerb[Said] = Verb(
    name="close",
    act=acts.REVIEW,
    label=_l("审核办结"),
    said=_l("已办结"),
    from_=_REVIEWED,
    to=S.CLOSED,
    needs=(rules.nothing_open_below, rules.extension_decided, rules.issued_by_its_seat),
    shuts=(audience.SIGNER, audience.REVIEWER, audience.EXTENSION, audience.REGISTRAR),
    work=reviewing.close,
    tells=(Tell("closed", reviewing.whoever_reported),),
    dated=True,
    office=True,
    form=CloseForm,
    offered=Offered.TURN,
)
RETURN_FOR_REWORK: MatterVerb[reviewing.Return] = Verb(
    name="return_for_rework",
    act=acts.REVIEW,
    label=_l("退回重办"),
    said=_l("已退回重办"),
    from_=_REVIEWED,
    to=S.IN_PROGRESS,
    needs=(reviewing.names_what_failed, rules.has_reason),
    shuts=(audience.SIGNER, audience.REVIEWER),
    work=reviewing.return_for_rework,
    tells=(Tell("returned", reviewing.whoever_reported),),
    dated=True,
    office=True,
    form=ReturnForm,
    offered=Offered.TURN,
)
PROGRESS: MatterVerb[handling.Progress] = Verb(
    name="progress",
    act=acts.PROGRESS,
    label=_l("写进展"),
    said=_l("进展已记入"),
    from_=frozenset({S.ACKNOWLEDGED, S.IN_PROGRESS, S.IN_SIGN_OFF}),
    to={S.ACKNOWLEDGED: S.IN_PROGRESS},
    needs=(handling.progress_said,),
    work=handling.progress,
    form=ProgressForm,
)
FORWARD: MatterVerb[forwarding.Forwarding] = Verb(
    name="forward",
    act=acts.FORWARD,
    label=_l("转办"),
    from_=IN_HAND,
    unfit=_l("此件现为“%(state)s”，不能转办"),
    needs=(forwarding.fit_to_receive,),
    work=forwarding.forward,
    form=ForwardForm,
)
ASK_EXTENSION: MatterVerb[extending.Asking] = Verb(
    name="ask_extension",
    act=acts.ASK_EXTENSION,
    label=_l("申请延期"),
    said=_l("延期申请已送督查室主任"),
    from_=OUT_THERE,  # under review too, since a report that is returned finds the clock run on
    unfit=_l("此件现为“%(state)s”，不能申请延期"),
    needs=(extending.none_waits, extending.before_the_end, extending.well_asked),
    work=extending.ask_extension,
    tells=(Tell("extension_asked", extending.deciders),),
    form=ExtensionForm,
    offered=_until_asked,
)
CO_PROGRESS: MatterVerb[Said] = Verb(
    name="co_progress",
    act=acts.CO_PROGRESS,
    label=_l("写协办情况"),
    said=_l("协办情况已告知主办单位"),
    from_=OPEN,
    unfit=_l("此件现为“%(state)s”，不能再写协办情况"),
    needs=(handling.co_progress_said,),
    tells=(Tell("co_progress", handling.handler),),
    form=CoProgressForm,
    offered=_to_helpers,
)
NAME_CO_HANDLER: MatterVerb[assigning.Naming] = Verb(
    name="name_co_handler",
    act=acts.NAME_CO_HANDLER,
    label=_l("指定协办承办人"),
    said=_l("已指定协办承办人"),
    from_=OPEN,
    work=assigning.name_co_handler,
    form=CoHandlerForm,
)
URGE: MatterVerb[Said] = Verb(
    name="urge",
    act=acts.URGE,
    label=_l("催办"),
    said=_l("已催办"),
    from_=AT_WORK,
    unfit=_l("此件现为“%(state)s”，不在主办单位手中，无须催办"),
    needs=(handling.urging_said,),
    work=handling.urge,
    tells=(Tell("urged", handling.whoever_has_it),),
    dated=True,
    office=True,
    form=UrgeForm,
    offered=_when_near,
)
NAME_REVIEWER: MatterVerb[assigning.Naming] = Verb(
    name="name_reviewer",
    act=acts.NAME_REVIEWER,
    label=_l("指定审核人"),
    said=_l("已指定审核人"),
    from_=OUT_THERE,
    unfit=_l("此件现为“%(state)s”，不用指定审核人"),
    needs=(reviewing.fit_to_review,),
    shuts=(audience.REVIEWER,),
    work=reviewing.name_reviewer,
    tells=(Tell("issued_to_review", reviewing.reviewer_if_issued),),
    form=ReviewerForm,
)
INSTRUCT_AGAIN: MatterVerb[Said] = Verb(
    name="instruct_again",
    act=acts.INSTRUCT_AGAIN,
    label=_l("再次批示"),
    said=_l("批示已送督查室"),
    from_=ANY,
    needs=(handling.instruction_said,),
    tells=(Tell("instruct_again", handling.supervising_office),),
    form=InstructAgainForm,
    offered=to_readers,
)
DECLINE: MatterVerb[assigning.Declining] = Verb(
    name="decline",
    act=acts.DECLINE,
    label=_l("退回交办"),
    said=_l("已退回交办"),
    from_=frozenset({S.ASSIGNED, S.ACKNOWLEDGED}),
    to=S.REGISTERED,
    needs=(rules.within_decline_term, rules.nothing_open_below, rules.has_reason),
    stops=(clocks.RECEIPT,),
    shuts=(audience.HANDLER,),
    work=assigning.decline,
    dated=True,
    form=DeclineForm,
)
REASSIGN_UNIT: MatterVerb[Lead] = Verb(
    name="reassign_unit",
    act=acts.REASSIGN_UNIT,
    label=_l("改派"),
    said=_l("已改派"),
    from_=AT_WORK,
    to=S.ASSIGNED,
    needs=(
        assigning.another_unit,
        rules.nothing_open_below,
        rules.fit_to_lead,
        rules.handler_if_confidential,
        rules.has_reason,
    ),
    stops=(clocks.RECEIPT,),
    shuts=(audience.HANDLER, audience.REGISTRAR),
    work=assigning.reassign_unit,
    dated=True,
    form=ReassignForm,
)
_LAST_CLOCKS = (clocks.RECEIPT, clocks.CLOSING, clocks.FIRST_FEEDBACK)
WITHDRAW: MatterVerb[Said] = Verb(
    name="withdraw",
    act=acts.WITHDRAW,
    label=_l("撤销"),
    said=_l("已撤销"),
    from_=OPEN,
    to=S.WITHDRAWN,
    needs=(rules.nothing_open_below, rules.has_reason),
    stops=_LAST_CLOCKS,
    shuts=(audience.REVIEWER, audience.REGISTRAR),
    work=ending.withdraw,
    dated=True,
    form=WithdrawForm,
)
MAKE_CONFIDENTIAL: MatterVerb[Said] = Verb(
    name="make_confidential",
    act=acts.MAKE_CONFIDENTIAL,
    label=_l("改为限定知悉"),
    from_=OPEN,
    to=S.WITHDRAWN,
    needs=(rules.nothing_open_below, rules.has_reason),
    stops=_LAST_CLOCKS,
    work=ending.make_confidential,
    dated=True,
    form=MakeConfidentialForm,
)

VERBS: tuple[MatterVerb[Any], ...] = (
    DECIDE_EXTENSION,
    ACKNOWLEDGE,
    ASSIGN,
    NAME_HANDLER,
    CLOSE,
    RETURN_FOR_REWORK,
    PROGRESS,
    FORWARD,
    ASK_EXTENSION,
    CO_PROGRESS,
    NAME_CO_HANDLER,
    URGE,
    NAME_REVIEWER,
    INSTRUCT_AGAIN,
    DECLINE,
    REASSIGN_UNIT,
    WITHDRAW,
    MAKE_CONFIDENTIAL,
    forwarding.RECEIVE,
    drafting.START,
    signing.SUBMIT_REPORT,
    signing.CHECK,
    signing.ENDORSE,
    signing.COUNTERSIGN,
    signing.ISSUE,
    signing.SEND_BACK,
    signing.RECALL,
    renewing.END_SIGN_OFF,
)
"""All that can be done with a matter."""
refuse_contradictions("matter", VERBS, S.REGISTERED, ENDS)
