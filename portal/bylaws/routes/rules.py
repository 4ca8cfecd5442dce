"""The city's rules: those in force as tables, every version with its differences and reason, and setting a new one.

A new version is typed, previewed and published by one address. What was typed goes round in the preview's own form, so
nothing is kept of a preview that is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, flash, request, url_for

from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.bylaws import acts, queries, service
from portal.bylaws.forms import BLANK_RUNGS, RulesForm, form_for
from portal.bylaws.routes import blueprint
from portal.bylaws.rules import (
    AnyRules,
    Change,
    consequences,
    differences,
    example_due_on,
    limit_facts,
    paper_words,
    roles_words,
    rungs_of,
)
from portal.deadlines.ladder import LEGAL
from portal.deadlines.queries import calendar_of, history_of
from portal.deadlines.rules import SourceLevel, Urgency
from portal.deadlines.versions import RULES, History, Kind
from portal.deadlines.words import day_words, span_words
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid, Stale
from portal.matters.shapes import STEPS
from portal.papers.seats import STEP_LABELS
from portal.web.answers import go, page
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor

TITLES = {Kind.DEADLINES: _l("办理期限"), Kind.LADDER: _l("催办提醒"), Kind.LIMITS: _l("签收和退回的时限")}
KIND = f"any({', '.join(RULES)})"


@dataclass(frozen=True, slots=True)
class _InForce:
    """The line above a table: which version, since when, by whom, what is to come, and where to go."""

    kind: Kind
    title: Any
    version: int
    since: str | None
    set_by: str | None
    coming: list[str]
    history_url: str
    edit_url: str | None


@dataclass(frozen=True, slots=True)
class _Told:
    """A version in the history. `state` is a word, `lamp` its kind."""

    version: int
    state: str
    lamp: str
    from_at: datetime | None
    made_at: datetime | None
    person: str | None
    set_by: str | None
    reason: str | None
    changes: list[Change]


@blueprint.get("/rules")
@allows(SIGNED_IN)
def rules() -> Response:
    """What is in force, and where it is changed."""
    history, now = history_of(db.session()), clock.now()
    table = history.rules(history.in_force(Kind.DEADLINES, now))
    ladder = history.ladder(history.in_force(Kind.LADDER, now))
    limits = history.limits(history.in_force(Kind.LIMITS, now))
    return page(
        "bylaws/rules.html",
        heads={kind.value: _in_force(history, kind, now) for kind in RULES},
        papers=[
            (paper_words(level, urgency), span_words(rule.closing.to_json()),
             span_words(rule.first_feedback.to_json()) if rule.first_feedback else None)
            for level, urgency, rule in table.rows
        ],
        rungs=[
            (words, roles_words(rung.roles), roles_words(rung.for_confidential), rung.code in LEGAL)
            for rung, words in rungs_of(ladder)
        ],
        hour=f"{ladder.hour:%H:%M}",
        limits=limit_facts(limits),
        chains=[
            (level.label, [f"{STEP_LABELS[kind]}　{role.label}" for kind, role in STEPS[level]])
            for level in SourceLevel
        ],
    )  # fmt: skip


@blueprint.get(f"/rules/<{KIND}:kind>")
@allows(SIGNED_IN)
def rule_history(kind: str) -> Response:
    """Every version, the newest first, with what it changed and why."""
    of = Kind(kind)
    history, now = history_of(db.session()), clock.now()
    current = history.in_force(of, now)
    told = []
    for made in queries.versions(of):
        changes = differences(_built(history, of, made.number - 1), _built(history, of, made.number))
        state, lamp = _state(made.number, made.from_at, current, now)
        told.append(_Told(made.number, state, lamp, made.from_at, made.made_at, made.person, made.set_by, made.reason, changes))
    state, lamp = (_("现行"), "ok") if current == 1 else (_("已被取代"), "done")
    told.append(_Told(1, state, lamp, None, None, None, None, None, []))
    return page("bylaws/history.html", head=_in_force(history, of, now), versions=told, back_url=url_for("bylaws.rules"))


@blueprint.route(f"/rules/<{KIND}:kind>/edit", methods=["GET", "POST"])
@allows(acts.KEEP_RULES, once=True)
def edit_rules(kind: str) -> Response:
    """Type a new version, see what it would change, publish it."""
    of = Kind(kind)
    newest = queries.newest(of)
    stands = _built(history_of(db.session()), of, newest)
    form = form_for(of, request.method == "POST", _slots(of, stands))
    if request.method == "GET":
        form.show(stands)
        form.version.data = str(newest)
        return _editing(of, form)
    proposed = form.built(newest + 1) if form.validate() else None
    if proposed is None or request.form.get("step") == "edit":
        return redraw(_template(of), form, **_frame_of(of, form)) if proposed is None else _editing(of, form)
    if request.form.get("step") != "publish":
        return _previewed(of, form, stands, proposed)
    try:
        made = service.set_rules(
            current_actor(),
            of,
            proposed,
            reason=form.reason.data or "",
            from_on=form.from_on.data,
            seen=form.version.data,  # type: ignore[arg-type]
        )
    except (Invalid, Stale) as refusal:
        form.version.data = str(queries.newest(of))  # who was told of a newer version may go on from it
        return redraw(_template(of), form, refusal, **_frame_of(of, form))
    flash(_("第 %(version)d 版已发布", version=made.version))
    return go(url_for("bylaws.rule_history", kind=kind))


def _built(history: History, kind: Kind, number: int) -> AnyRules:
    try:
        return history.any(kind, number)
    except KeyError:  # set a moment ago by another process
        raise Stale(_("规则刚刚更新，请一分钟后再打开本页")) from None


def _template(kind: Kind) -> str:
    return f"bylaws/edit_{kind}.html"


def _slots(kind: Kind, stands: Any) -> int:
    if kind is not Kind.LADDER:
        return 0
    said = request.form.get("rungs", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 3 else len(stands.rungs) + BLANK_RUNGS


def _frame_of(kind: Kind, form: RulesForm) -> dict[str, Any]:
    return {
        "title": TITLES[kind],
        "action": url_for("bylaws.edit_rules", kind=kind),
        "back_url": url_for("bylaws.rules"),
        "papers": [(f"{level}_{urgency}", paper_words(level, urgency)) for level in SourceLevel for urgency in Urgency],
        "slots": getattr(form, "slots", 0),
        "next_version": queries.newest(kind) + 1,
    }


def _editing(kind: Kind, form: RulesForm) -> Response:
    return page(_template(kind), form=form, refusal=None, **_frame_of(kind, form))


def _previewed(kind: Kind, form: RulesForm, stands: AnyRules, proposed: AnyRules) -> Response:
    moment = clock.at(form.from_on.data, 10) if form.from_on.data else clock.now()
    changes = differences(stands, proposed)
    if fault := service.day_fault(form.from_on.data):
        refusal = Invalid(_("先改正施行日期，再看变化"), fields={"from_on": fault})
        return redraw(_template(kind), form, refusal, **_frame_of(kind, form))
    if not changes:
        refusal = Invalid(_("与第 %(version)d 版相同，没有要发布的改动", version=stands.version))
        return redraw(_template(kind), form, refusal, **_frame_of(kind, form))
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "step", "request_key")]
    results = consequences(stands, proposed, calendar_of(db.session()), moment)
    return page(
        "bylaws/preview.html",
        changes=changes,
        results=results,
        moved=sum(result.differs for result in results),
        carried=carried,
        kind=kind.value,
        moment=moment,
        example=day_words(example_due_on(clock.local(moment).date())),
        reason=form.reason.data,
        from_on=form.from_on.data,
        **_frame_of(kind, form),
    )


def _state(number: int, from_at: datetime, current: int, now: datetime) -> tuple[str, str]:
    if number == current:
        return _("现行"), "ok"
    if number < current:
        return _("已被取代"), "done"
    return (_("待施行"), "soon") if from_at > now else (_("现行"), "ok")


def _in_force(history: History, kind: Kind, now: datetime) -> _InForce:
    number = history.in_force(kind, now)
    mine = next((one for one in history.of(kind) if one.number == number), None)
    coming = [
        _("第 %(version)d 版将于 %(on)s起施行", version=one.number, on=day_words(one.origin.on))
        for one in history.of(kind)
        if one.number > number and one.from_at > now
    ]
    return _InForce(
        kind,
        TITLES[kind],
        number,
        day_words(mine.origin.on) if mine else None,
        mine.set_by if mine else None,
        coming,
        url_for("bylaws.rule_history", kind=kind),
        url_for("bylaws.edit_rules", kind=kind) if allowed(current_actor(), acts.KEEP_RULES) else None,
    )
