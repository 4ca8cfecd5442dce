"""`flask permissions`: the policy, the verbs and the rule of readers, written out for people to read and sign.

Nothing here decides anything: each cell is asked of `access.policy.allowed`, the verbs of each kind of matter and
`matters.readers.readers_of` about one invented matter of the kind. `docs/permissions.md` is what this prints.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, cast

import click
from flask import Flask, current_app
from flask_babel import force_locale

from portal.access.policy import allowed
from portal.commands.permission_cases import ON_A_UNIT, RELATIONS, THE_POST, Relation, as_seen, invented, views_of
from portal.commands.permission_words import INTRODUCTION, VIEWS
from portal.kernel.language import _
from portal.matters.chain import OPEN
from portal.matters.kinds import MatterKind, matter_kinds
from portal.matters.models import State
from portal.matters.workflow import MatterVerb
from portal.papers.acts import SIGN
from portal.papers.seats import STEP_LABELS
from portal.registry.acts import ACTS, ANYONE, About, Act
from portal.registry.journal import ENTRIES
from portal.web.cities import OUTSIDE


def done() -> set[Act]:
    """The acts that some verb does."""
    return {verb.act for kind in matter_kinds() for verb in kind.verbs}


def on_record() -> list[Act]:
    """The acts on a record that no verb does, and that are not everybody's."""
    verbs = done()
    return [act for act in ACTS if act.about is About.RECORD and act.rows != ANYONE and act not in verbs]


def called(verb: MatterVerb[Any]) -> str:
    """What is done by it, as it stands in 办理经过; all signatures alike."""
    if verb.act is SIGN and verb.name in STEP_LABELS:
        return str(SIGN.label)
    return str(ENTRIES[verb.name].label if verb.name in ENTRIES else verb.label or verb.act.label)


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


def _acts() -> Iterator[str]:
    rows = ((act.label, f"`{act}`", _who(act)) for act in ACTS)
    yield from _table((_("行为"), _("代码"), _("谁可以")), rows)


def _moves(kind: MatterKind) -> Iterator[str]:
    rows = (
        (
            ENTRIES[verb.name].label if verb.name in ENTRIES else verb.label or verb.act.label,
            f"`{verb.name}`",
            "<br>".join(str(state.label) for state in State if state in verb.from_),
            _changes(verb),
            verb.act.label,
            "<br>".join(str(need.meant) for need in verb.needs) or "—",
        )
        for verb in kind.verbs
    )
    yield from _table((_("变动"), _("代码"), _("原状态"), _("新状态"), _("所需行为"), _("须满足")), rows)


def _changes(verb: MatterVerb[Any]) -> str:
    changes = {verb.target(state) for state in verb.from_ if verb.target(state) != state}
    stays = any(verb.target(state) == state for state in verb.from_)
    return "<br>".join([*(str(state.label) for state in State if state in changes), *([_("不变")] if stays else [])])


def _matrix(kind: MatterKind, confidential: bool) -> Iterator[str]:
    matters = {state: invented(kind.name, state, confidential) for state in State}
    views = {state: views_of(matter) for state, matter in matters.items()}

    def cell(relation: Relation, state: State) -> str:
        view = views[state].get(relation.number)
        if view is None:
            return "—"
        matter = as_seen(matters[state], view)
        possible = [
            called(verb) for verb in kind.verbs if state in verb.from_ and allowed(relation.actor, verb.act, matter)
        ]  # fmt: skip
        return "<br>".join([f"*{VIEWS[view]}*", *dict.fromkeys(possible)])

    rows = ([relation.words, *(cell(relation, state) for state in State)] for relation in RELATIONS)
    yield from _table([_("关系"), *(state.label for state in State)], rows)


def _other_acts() -> Iterator[str]:
    yield _("○ 公开事项　● 公开和限定知悉的事项　◐ 只限限定知悉的事项。")
    yield ""
    yield _("在某一状态下可以办理即标记；具体状态上的限制在办理时另行核对。")
    yield ""
    possible: dict[tuple[int, Act], set[bool]] = {}
    for confidential, state, kind in product((False, True), OPEN, matter_kinds()):
        if confidential <= kind.may_be_confidential:
            matter = invented(kind.name, state, confidential)
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
    asked = [act for act in ACTS if act.about is About.NETWORK]
    rows = ([r.words, *("●" if allowed(r.actor, act, THE_POST) else "" for act in asked)] for r in ON_A_UNIT)
    yield from _table([_("关系"), *(act.label for act in asked)], rows)


def _routes(app: Flask) -> Iterator[str]:
    def rows() -> Iterator[Sequence[object]]:
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint)):
            if rule.endpoint in OUTSIDE:
                continue
            act: Act = cast("Any", app.view_functions[rule.endpoint]).declared_act
            methods = " ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            yield (f"`{rule.rule}`", methods, act.label, f"`{act}`")

    yield from _table((_("地址"), _("方法"), _("行为"), _("代码")), rows())


def _sections(app: Flask) -> Iterator[tuple[str, Iterator[str]]]:
    """The parts of the document, each under its heading; what hangs on the kind of matter, once for each."""
    yield _("行为与条件"), _acts()
    kinds = matter_kinds()
    for kind in kinds:
        of_kind = _("：%(kind)s", kind=kind.label) if len(kinds) > 1 else ""
        yield _("状态的变动") + of_kind, _moves(kind)
        yield _("公开事项：关系 × 状态") + of_kind, _matrix(kind, False)
        if kind.may_be_confidential:
            yield _("限定知悉的事项：关系 × 状态") + of_kind, _matrix(kind, True)
    yield _("不改变状态的行为"), _other_acts()
    yield _("单位和岗位：关系 × 行为"), _on_a_unit()
    yield _("页面地址与所需行为"), _routes(app)


def document(app: Flask) -> str:
    """The whole document, in Chinese and then in English."""
    lines = ["<!-- `flask permissions` writes this file; a test keeps it true. Do not edit it by hand. -->", ""]
    for language in ("zh", "en"):
        with force_locale(language):
            title = _("权限表")  # not within the f-string, where it would not be gathered for translation
            lines += [f"# {title}", "", *(str(words) + "\n" for words in INTRODUCTION)]
            for number, (heading, section) in enumerate(_sections(app), start=1):
                lines += [f"## {number}. {heading}", "", *section]
    return "\n".join(lines).rstrip() + "\n"


@click.command("permissions")
def permissions() -> None:
    """Print who may do what to which record in which state: the text of docs/permissions.md."""
    click.echo(document(current_app._get_current_object()), nl=False)  # type: ignore[attr-defined]
