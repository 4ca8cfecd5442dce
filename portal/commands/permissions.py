"""`flask permissions`: the policy, the verbs and the rule of readers, written out for people to read and sign.

Nothing here decides anything: each cell is asked of `access.policy.allowed`, `matters.verbs.VERBS` and
`matters.readers.readers_of` about one invented instruction. `docs/permissions.md` is what this prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import click
from flask import Flask, current_app
from flask_babel import force_locale

from portal.access.actor import Actor, Standing
from portal.access.models import View
from portal.access.policy import allowed
from portal.access.roles import Role
from portal.commands.permission_words import INTRODUCTION, VIEWS
from portal.kernel.language import _, _l
from portal.matters.around import Around
from portal.matters.chain import OPEN
from portal.matters.models import State
from portal.matters.readers import readers_of
from portal.matters.verbs import VERBS
from portal.matters.workflow import MatterVerb
from portal.papers.acts import SIGN
from portal.papers.seats import STEP_LABELS
from portal.papers.steps import Waiting
from portal.registry.acts import ACTS, ANYONE, About, Act
from portal.registry.journal import ENTRIES
from portal.web.cities import OUTSIDE

CITY, COUNTY, LEAD, CO_UNIT, OTHER_COUNTY = 1, 2, 3, 4, 5
PATHS = {CITY: (1,), COUNTY: (1, 2), LEAD: (1, 2, 3), CO_UNIT: (1, 2, 4), OTHER_COUNTY: (1, 5)}
DONE = {verb.act for verb in VERBS}


def on_record() -> list[Act]:
    """The acts on a record that no verb does, and that are not everybody's."""
    return [act for act in ACTS if act.about is About.RECORD and act.rows != ANYONE and act not in DONE]


def called(verb: MatterVerb[Any]) -> str:
    """What is done by it, as it stands in 办理经过; all signatures alike."""
    if verb.act is SIGN and verb.name in STEP_LABELS:
        return str(SIGN.label)
    return str(ENTRIES[verb.name].label if verb.name in ENTRIES else verb.label or verb.act.label)


@dataclass(frozen=True, slots=True)
class Relation:
    """Somebody who stands in one relation to the invented instruction; his number is his person and his post."""

    number: int
    role: Role
    unit: int
    words: Any

    @property
    def actor(self) -> Actor:
        standing = Standing(self.number, self.role, self.unit, "", self.unit, PATHS[self.unit])
        return Actor(self.number, 1, "", (standing,))


REGISTRAR, LEADER, HANDLER, CO_HANDLER, SIGNER, REVIEWER = 11, 12, 13, 14, 15, 16
RELATIONS = (
    Relation(REGISTRAR, Role.SUPERVISOR, COUNTY, _l("登记并交办的督查员")),
    Relation(21, Role.SUPERVISOR, COUNTY, _l("同一督查室的其他督查员")),
    Relation(22, Role.SUPERVISION_HEAD, COUNTY, _l("登记单位的督查室主任")),
    Relation(REVIEWER, Role.SUPERVISOR, COUNTY, _l("限定知悉事项的审核人")),
    Relation(23, Role.DUTY_OFFICER, COUNTY, _l("登记单位的值班员（急件）")),
    Relation(LEADER, Role.PRINCIPAL_LEADER, COUNTY, _l("作出批示的领导")),
    Relation(24, Role.SUPERVISOR, CITY, _l("上级的督查员")),
    Relation(25, Role.DEPUTY_LEADER, CITY, _l("上级的领导")),
    Relation(26, Role.LIAISON_OFFICER, LEAD, _l("主办单位的联络员")),
    Relation(27, Role.OFFICE_DIRECTOR, LEAD, _l("主办单位的办公室主任")),
    Relation(28, Role.DEPUTY_LEADER, LEAD, _l("主办单位的分管领导")),
    Relation(29, Role.PRINCIPAL_LEADER, LEAD, _l("主办单位的主要领导")),
    Relation(SIGNER, Role.DEPUTY_LEADER, LEAD, _l("轮到签批的人")),
    Relation(HANDLER, Role.HANDLER, LEAD, _l("本件的承办人")),
    Relation(30, Role.HANDLER, LEAD, _l("主办单位的其他承办人")),
    Relation(31, Role.LIAISON_OFFICER, CO_UNIT, _l("协办单位的联络员")),
    Relation(CO_HANDLER, Role.HANDLER, CO_UNIT, _l("协办单位指定的承办人")),
    Relation(32, Role.SUPERVISOR, OTHER_COUNTY, _l("其他县的督查员")),
    Relation(33, Role.SECRETARIAT, COUNTY, Role.SECRETARIAT.label),
    Relation(34, Role.INFORMATION_EDITOR, COUNTY, Role.INFORMATION_EDITOR.label),
    Relation(35, Role.SYSTEM_ADMIN, CITY, Role.SYSTEM_ADMIN.label),
    Relation(36, Role.SECURITY_ADMIN, CITY, Role.SECURITY_ADMIN.label),
    Relation(37, Role.AUDITOR, CITY, Role.AUDITOR.label),
)


# Who stands how to a unit and to the post of its liaison officer (26).
ON_A_UNIT = (
    Relation(33, Role.SECRETARIAT, COUNTY, _l("上级的秘书处")),
    Relation(41, Role.SECRETARIAT, LEAD, _l("本单位的秘书处")),
    Relation(42, Role.SECRETARIAT, OTHER_COUNTY, _l("其他县的秘书处")),
    Relation(27, Role.OFFICE_DIRECTOR, LEAD, _l("本单位的办公室主任")),
    Relation(29, Role.PRINCIPAL_LEADER, LEAD, _l("本单位的主要领导")),
    Relation(26, Role.LIAISON_OFFICER, LEAD, _l("联络员本人")),
    Relation(30, Role.HANDLER, LEAD, _l("本单位的承办人")),
    Relation(22, Role.SUPERVISION_HEAD, COUNTY, _l("上级的督查室主任")),
    Relation(35, Role.SYSTEM_ADMIN, CITY, Role.SYSTEM_ADMIN.label),
    Relation(36, Role.SECURITY_ADMIN, CITY, Role.SECURITY_ADMIN.label),
    Relation(37, Role.AUDITOR, CITY, Role.AUDITOR.label),
)
THE_POST = SimpleNamespace(path=PATHS[LEAD], unit_id=LEAD, post_id=26, roles=frozenset({Role.LIAISON_OFFICER}))


class StepNow:
    """The step of the invented sign-off that waits: for one signer."""

    def may_sign(self, actor: Actor, post: Standing) -> bool:
        return actor.person_id == SIGNER


def invented(state: State, confidential: bool) -> Any:
    """An urgent instruction of a county's supervision office for one of its departments, in this state."""
    handled = state != State.REGISTERED
    content = SimpleNamespace(
        leader_id=LEADER,
        handler_id=HANDLER if handled else None,
        handler_post_id=HANDLER if handled else None,
        reviewer_id=REVIEWER if confidential and state in (State.UNDER_REVIEW, State.CLOSED) else None,
    )
    return SimpleNamespace(
        state=state, open=state not in (State.CLOSED, State.WITHDRAWN), confidential=confidential, urgency="urgent",
        extension_pending=False, returns=0, parent_id=None,
        registering_unit_id=COUNTY, supervising_unit_id=COUNTY, supervised_by_office=True,
        registered_by_id=REGISTRAR, assigned_by_id=REGISTRAR if handled else None,
        lead_unit_id=LEAD if handled else None,
        lead_unit=SimpleNamespace(id=LEAD, path=list(PATHS[LEAD]), has_below=True) if handled else None,
        co_unit_ids=() if confidential else (CO_UNIT,),
        step_now=StepNow() if state == State.IN_SIGN_OFF else None,
        content=content,
    )  # fmt: skip


def views_of(matter: Any) -> dict[int, View]:
    """Relation's number → what he sees of the instruction."""
    state = matter.state
    audience = {LEADER}
    if state == State.REGISTERED:
        audience.add(REGISTRAR)
    else:
        audience.add(HANDLER)
    if state == State.IN_SIGN_OFF:
        audience.add(SIGNER)
    if state == State.UNDER_REVIEW:
        audience |= {SIGNER, REVIEWER}
    signing = Waiting(LEAD, Role.DEPUTY_LEADER, SIGNER, (SIGNER,)) if state == State.IN_SIGN_OFF else None
    around = Around(
        lead_path=PATHS[LEAD] if matter.lead_unit else (),
        co_units=() if matter.confidential else ((CO_UNIT, CO_HANDLER),),
        waiting=signing,
        audience=frozenset(audience) if matter.confidential else frozenset(),
    )
    seen = readers_of(cast("Any", matter), matter.content, around)
    found = {}
    for relation in RELATIONS:
        views = [seen[principal][0] for principal in relation.actor.principals if principal in seen]
        if views:
            found[relation.number] = max(views)
    return found


def as_seen(matter: Any, view: View) -> Any:
    """The instruction as it is loaded for him: without its content where he sees the shell alone."""
    return SimpleNamespace(**{**vars(matter), "content": matter.content if view > View.SHELL else None})


def _table(header: Sequence[object], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    yield "| " + " | ".join(map(str, header)) + " |"
    yield "|" + "---|" * len(header)
    for row in rows:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"
    yield ""


def _who(act: Act) -> str:
    """The rows of the policy for one act: any of them, all of each."""
    rows = [_("，且属").join(str(condition.meant) for condition in row) for row in act.rows if row]
    return _("；或者").join(rows) or _("任何人（能看到多少由可见规则决定）")


def _heading(number: int, title: str) -> str:
    return f"## {number}. {title}"


def _acts() -> Iterator[str]:
    yield _heading(1, _("行为与条件"))
    yield ""
    rows = ((act.label, f"`{act}`", _who(act)) for act in ACTS)
    yield from _table((_("行为"), _("代码"), _("谁可以")), rows)


def _moves() -> Iterator[str]:
    yield _heading(2, _("状态的变动"))
    yield ""
    rows = (
        (
            ENTRIES[verb.name].label if verb.name in ENTRIES else verb.label or verb.act.label,
            f"`{verb.name}`",
            "<br>".join(str(state.label) for state in State if state in verb.from_),
            _changes(verb),
            verb.act.label,
            "<br>".join(str(need.meant) for need in verb.needs) or "—",
        )
        for verb in VERBS
    )
    yield from _table((_("变动"), _("代码"), _("原状态"), _("新状态"), _("所需行为"), _("须满足")), rows)


def _changes(verb: MatterVerb[Any]) -> str:
    changes = {verb.target(state) for state in verb.from_ if verb.target(state) != state}
    stays = any(verb.target(state) == state for state in verb.from_)
    return "<br>".join([*(str(state.label) for state in State if state in changes), *([_("不变")] if stays else [])])


def _matrix(heading: str, confidential: bool) -> Iterator[str]:
    yield heading
    yield ""
    matters = {state: invented(state, confidential) for state in State}
    views = {state: views_of(matter) for state, matter in matters.items()}

    def cell(relation: Relation, state: State) -> str:
        view = views[state].get(relation.number)
        if view is None:
            return "—"
        matter = as_seen(matters[state], view)
        possible = [
            called(verb) for verb in VERBS if state in verb.from_ and allowed(relation.actor, verb.act, matter)
        ]  # fmt: skip
        return "<br>".join([f"*{VIEWS[view]}*", *dict.fromkeys(possible)])

    rows = ([relation.words, *(cell(relation, state) for state in State)] for relation in RELATIONS)
    yield from _table([_("关系"), *(state.label for state in State)], rows)


def _other_acts() -> Iterator[str]:
    yield _heading(5, _("不改变状态的行为"))
    yield ""
    yield _("○ 公开事项　● 公开和限定知悉的事项　◐ 只限限定知悉的事项。")
    yield ""
    yield _("在某一状态下可以办理即标记；具体状态上的限制在办理时另行核对。")
    yield ""
    possible: dict[tuple[int, Act], set[bool]] = {}
    for confidential in (False, True):
        for state in OPEN:
            matter = invented(state, confidential)
            for number, view in views_of(matter).items():
                relation = next(r for r in RELATIONS if r.number == number)
                for act in on_record():
                    if allowed(relation.actor, act, as_seen(matter, view)):
                        possible.setdefault((number, act), set()).add(confidential)
    marks = {frozenset({False}): "○", frozenset({True}): "◐", frozenset({False, True}): "●"}
    shown = [act for act in on_record() if any(key[1] == act for key in possible)]
    rows = ([r.words, *(marks.get(frozenset(possible.get((r.number, act), set())), "") for act in shown)] for r in RELATIONS)
    yield from _table([_("关系"), *(act.label for act in shown)], rows)


def _on_a_unit() -> Iterator[str]:
    yield _heading(6, _("单位和岗位：关系 × 行为"))
    yield ""
    asked = [act for act in ACTS if act.about is About.NETWORK]
    rows = ([r.words, *("●" if allowed(r.actor, act, THE_POST) else "" for act in asked)] for r in ON_A_UNIT)
    yield from _table([_("关系"), *(act.label for act in asked)], rows)


def _routes(app: Flask) -> Iterator[str]:
    yield _heading(7, _("页面地址与所需行为"))
    yield ""

    def rows() -> Iterator[Sequence[object]]:
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
            if rule.endpoint in OUTSIDE:
                continue
            act: Act = cast("Any", app.view_functions[rule.endpoint]).declared_act
            methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            yield (f"`{rule.rule}`", methods, act.label, f"`{act}`")

    yield from _table((_("地址"), _("方法"), _("行为"), _("代码")), rows())


def document(app: Flask) -> str:
    """The whole document, in Chinese and then in English."""
    lines = ["<!-- `flask permissions` writes this file; a test keeps it true. Do not edit it by hand. -->", ""]
    for language in ("zh", "en"):
        with force_locale(language):
            title = _("权限表")  # not within the f-string, where it would not be gathered for translation
            lines += [f"# {title}", "", *(str(words) + "\n" for words in INTRODUCTION)]
            lines += [*_acts(), *_moves()]
            lines += [*_matrix(_heading(3, _("公开事项：关系 × 状态")), False)]
            lines += [*_matrix(_heading(4, _("限定知悉的事项：关系 × 状态")), True)]
            lines += [*_other_acts(), *_on_a_unit(), *_routes(app)]
    return "\n".join(lines).rstrip() + "\n"


@click.command("permissions")
def permissions() -> None:
    """Print who may do what to which record in which state: the text of docs/permissions.md."""
    click.echo(document(current_app._get_current_object()), nl=False)  # type: ignore[attr-defined]
