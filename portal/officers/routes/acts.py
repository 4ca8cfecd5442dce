"""Acts that take two officers: what waits, proposing, deciding, taking back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, flash, request, url_for

from portal.access.actor import Actor
from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.access.roles import OFFICERS, Role
from portal.identity.queries import person_by_id
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.refusals import Forbidden, Invalid, Invisible
from portal.officers import queries, service
from portal.officers.acts import DECIDE_SENSITIVE, PROPOSE_SENSITIVE, READ_SENSITIVE
from portal.officers.forms import OFFICES, ProposeForm
from portal.officers.models import SensitiveAct
from portal.officers.routes import blueprint
from portal.officers.rules import SWITCHES, Kind, Outcome
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import go, page

PROPOSE = "officers/propose.html"
LEADS = {
    Kind.RESET_PASSWORD: _l(
        "批准后产生一个一次性口令，只向审批人显示一次，由其当面交给本人。"
        "此人现有的登录全部结束；没有用动态口令登录的，在当面核实身份之前读不到限定知悉的内容。"
    ),
    Kind.CONFIRM_PERSON: _l(
        "提出人和审批人都当面见到本人之后，恢复其读限定知悉的内容。由审计员或本人的负责人审批；重置其口令的两人不能审批。"
    ),
    Kind.END_SESSIONS: _l("批准后此人现有的登录全部结束，可以重新登录。涉及三员，须先由市级督查室主任同意。"),
    Kind.END_SECOND_FACTOR: _l("批准后登录时不再要求动态口令，备用码作废，现有的登录全部结束。请本人尽快重新设置。"),
    Kind.DEACTIVATE: _l("批准后此人不能再登录，现有的登录全部结束；其岗位和办过的事保留。"),
    Kind.REACTIVATE: _l("批准后此人可以用原来的口令登录。"),
    Kind.APPOINT_OFFICER: _l(
        "批准后接任人即日任职，原任即日免去并结束登录。三员必须是三个人，不得兼任业务岗位；任何人不能审批涉及自己的更换。"
        "更换在任的，须先由市级督查室主任（空缺的，市级主要领导）同意。"
    ),
    Kind.DENGBAO: _l(
        "等保口令规则：至少 8 位、含四类字符中的三类，不重复最近 5 次，每 90 天更改一次，到期前 7 天提醒。"
        "到期的口令，登录后须先更改。"
    ),
    Kind.SECOND_FACTOR_FOR_ALL: _l("开启后，所有人登录都须使用动态口令；还没有设置的，登录后先设置，才能办理其他事项。"),
}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An act as the pages draw it."""

    url: str
    title: str
    reason: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    decided_by: str | None
    ended_at: datetime | None
    state: str
    lamp: str
    mine: bool
    decide: bool
    outside: str | None = None


def drawn(act: SensitiveAct, actor: Actor | None = None) -> _Drawn:
    """The act in words; `decide`: it waits for this officer."""
    lapsed = act.outcome is None and act.expires_at <= clock.now()
    waiting = act.outcome is None and not lapsed
    outcome = Outcome.LAPSED if lapsed else Outcome(act.outcome) if act.outcome else None
    decide = bool(waiting and actor and service.may_decide(actor, act))
    return _Drawn(
        url_for("officers.act", act_id=act.id),
        title_of(act),
        act.reason,
        act.proposed_by.name,
        act.proposed_at,
        act.expires_at,
        act.decided_by.name if act.decided_by else None,
        act.ended_at,
        str(outcome.label) if outcome else _("等待审批"),
        "soon" if waiting else "ok" if outcome is Outcome.CARRIED_OUT else "done",
        actor is not None and actor.person_id == act.proposed_by_id,
        decide,
        act.outside_by.name if act.outside_by else None,
    )


def title_of(act: SensitiveAct) -> str:
    """What it is about, in one line."""
    kind = Kind(act.kind)
    if kind in SWITCHES:
        return _("%(what)s：%(state)s", what=kind.label, state=_("开启") if act.facts.get("on") else _("关闭"))
    who = f"{act.person.name}（{act.person.sign_in_name}）" if act.person else ""
    if kind is Kind.APPOINT_OFFICER:
        return _("任命%(role)s：%(who)s", role=Role(act.facts["role"]).label, who=who)
    return _("%(what)s：%(who)s", what=kind.label, who=who)


@blueprint.get("/officers/acts")
@allows(READ_SENSITIVE)
def acts() -> Response:
    """What waits for a second officer, and what became of the latest."""
    actor = current_actor()
    buttons = [Button(url_for("officers.propose", kind=Kind.APPOINT_OFFICER), _("任命或更换三员"))]
    return page(
        "officers/acts.html",
        waiting=[drawn(one, actor) for one in queries.acts_waiting()],
        done=[drawn(one) for one in queries.acts_done()],
        officers=_officers(),
        acts=buttons,
    )


def _officers() -> list[tuple[str, str]]:
    held = {one.role: f"{one.name}（{one.sign_in_name}）" for one in queries.officers_now()}
    return [(str(role.label), held.get(role, _("空缺"))) for role in OFFICES]


@blueprint.get("/officers/acts/<uuid:act_id>")
@allows(SIGNED_IN)
def act(act_id: UUID) -> Response:
    """One proposal, with what may be done about it: for the officers, and for whoever is asked beside them."""
    found, actor = _to_be_read(act_id), current_actor()
    shown = drawn(found, actor)
    old = person_by_id(found.facts.get("old_person_id") or 0)
    decision = allowed(actor, DECIDE_SENSITIVE, service.case_for(found))
    officer = allowed(actor, READ_SENSITIVE)
    waiting = found.outcome is None and found.expires_at > clock.now()
    return page(
        "officers/act.html",
        act=shown,
        lead=LEADS[Kind(found.kind)],
        old=f"{old.name}（{old.sign_in_name}）" if old else None,
        waiting=waiting,
        unmet=[] if shown.decide or not waiting else decision.unmet,
        agree_url=url_for("officers.agree", act_id=found.id),
        refuse_url=url_for("officers.refuse", act_id=found.id),
        withdraw_url=url_for("officers.withdraw", act_id=found.id),
        back_url=_back(),
        for_other=bool(service.case_for(found).needs_outside and found.outside_by_id is None and not officer),
    )


def _to_be_read(act_id: UUID) -> SensitiveAct:
    """The proposal, for an officer or for whoever is asked beside the three. Forbidden for others, whether there is one or not."""
    officer, found = allowed(current_actor(), READ_SENSITIVE), queries.act_by_id(act_id)
    if not officer and (found is None or not service.is_asked(current_actor(), found)):
        raise Forbidden(_("您不能办这件事"), unmet=officer.unmet)
    if found is None:
        raise Invisible
    return found


def _back() -> str:
    return url_for("officers.acts") if allowed(current_actor(), READ_SENSITIVE) else url_for("notify.messages")


def _kind() -> Kind:
    try:
        return Kind(request.args.get("kind", ""))
    except ValueError:
        raise Invisible from None


def _person_id() -> int | None:
    said = request.args.get("person", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


@blueprint.route("/officers/acts/new", methods=["GET", "POST"])
@allows(READ_SENSITIVE, once=True)
def propose() -> Response:
    """Propose an act, with its reason; another officer decides it within three days."""
    kind, person_id, actor = _kind(), _person_id(), current_actor()
    person = person_by_id(person_id or 0)
    if kind not in SWITCHES | {Kind.APPOINT_OFFICER}:
        if person is None:
            raise Invisible
    else:
        person_id = None
    decision = allowed(actor, PROPOSE_SENSITIVE, service.case_of(kind, person_id, {}))
    if not decision:
        raise Forbidden(_("您不能提出这件事"), unmet=decision.unmet)
    form = ProposeForm(formdata=None) if request.method == "GET" else ProposeForm()
    if kind is not Kind.APPOINT_OFFICER:
        del form.role, form.named
    on = request.args.get("on") != "0"
    shown = _propose_page(kind, person, on)
    if not form.is_submitted():
        return page(PROPOSE, form=form, refusal=None, **shown)
    if not form.validate():
        return redraw(PROPOSE, form, **shown)
    role = form.role.data if "role" in form else None
    try:
        made = service.propose(
            actor,
            kind,
            form.reason.data or "",
            person_id=person_id,
            role=Role(role) if role in [one.value for one in OFFICERS] else None,
            named=(form.named.data or "") if "named" in form else "",
            on=on,
        )
    except Invalid as refusal:
        return redraw(PROPOSE, form, refusal, **shown)
    flash(_("已提出，等待另一名管理员在 3 天内审批"), "done")
    return go(url_for("officers.act", act_id=made.id))


def _propose_page(kind: Kind, person: Any, on: bool) -> dict[str, Any]:
    title = str(kind.label)
    if kind in SWITCHES:
        title = _("%(what)s：%(state)s", what=kind.label, state=_("开启") if on else _("关闭"))
        back = url_for("officers.rules") if current_actor().has(Role.SECURITY_ADMIN) else url_for("officers.acts")
    elif kind is Kind.APPOINT_OFFICER:
        back = url_for("officers.acts")
    else:
        title = _("%(what)s：%(who)s", what=kind.label, who=f"{person.name}（{person.sign_in_name}）")
        has = current_actor().has(Role.SECURITY_ADMIN)
        back = url_for("officers.account", person_id=person.id) if has else url_for("officers.acts")
    return {
        "title": title,
        "lead": LEADS[kind],
        "action": url_for("officers.propose", kind=kind, person=person.id if person else None, on=None if on else "0"),
        "back_url": back,
        "officers": _officers() if kind is Kind.APPOINT_OFFICER else None,
    }


@blueprint.post("/officers/acts/<uuid:act_id>/agree")
@allows(SIGNED_IN)
def agree(act_id: UUID) -> Response:
    """Agree: it is carried out at once, or waits for the other officer. A one-time password is shown here and never again."""
    _to_be_read(act_id)
    decided = service.decide(current_actor(), act_id, agree=True)
    if decided.once is not None:
        return page(
            "officers/password_once.html",
            act=drawn(decided.act),
            person=decided.act.person,
            once=decided.once,
            back_url=url_for("officers.acts"),
        )
    if decided.act.outcome is None:
        flash(_("已同意，由另一名管理员执行：%(what)s", what=title_of(decided.act)), "done")
    else:
        flash(_("已同意并执行：%(what)s", what=title_of(decided.act)), "done")
    return go(_back())


@blueprint.post("/officers/acts/<uuid:act_id>/refuse")
@allows(SIGNED_IN)
def refuse(act_id: UUID) -> Response:
    """Do not agree; nothing happens."""
    _to_be_read(act_id)
    decided = service.decide(current_actor(), act_id, agree=False)
    flash(_("未同意：%(what)s", what=title_of(decided.act)), "done")
    return go(_back())


@blueprint.post("/officers/acts/<uuid:act_id>/withdraw")
@allows(READ_SENSITIVE)
def withdraw(act_id: UUID) -> Response:
    """Take back what one has proposed oneself."""
    taken = service.withdraw(current_actor(), act_id)
    flash(_("已撤回：%(what)s", what=title_of(taken)), "done")
    return go(url_for("officers.acts"))
