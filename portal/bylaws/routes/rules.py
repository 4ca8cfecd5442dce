"""The city's rules: those in force as tables, every version with its differences and reason, and setting a new one.

A new version is typed, previewed and published by one address. What was typed goes round in the preview's own form, so
nothing is kept of a preview that is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from flask import Response, flash, request, url_for

from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.bylaws import acts, queries, service
from portal.bylaws.bylaw import Bylaw
from portal.bylaws.forms import RulesForm
from portal.bylaws.routes import blueprint
from portal.bylaws.rules import Change, compared
from portal.deadlines.formatting import day_words
from portal.deadlines.queries import calendar_of, history_of
from portal.deadlines.versions import History, V
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid, Invisible, Stale
from portal.registry.chains import CHAINS
from portal.registry.rules import RULES
from portal.web.forms import redraw
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page

EDIT = "bylaws/edit.html"


@dataclass(frozen=True, slots=True)
class _InForce:
    """The line above a table: which version, since when, by whom, what is to come, and where to go; and the table: what draws
    it, and what it is filled with."""

    title: str
    version: int
    since: str | None
    set_by: str | None
    coming: list[str]
    history_url: str
    edit_url: str | None
    template: str
    values: Mapping[str, object]


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
    return page(
        "bylaws/rules.html",
        sets=[_in_force(history, cast("Bylaw[Any]", bylaw), now) for bylaw in RULES],
        chains=[(chain.label, [f"{what}　{seat}" for what, seat in chain.steps]) for chain in CHAINS],
    )


@blueprint.get("/rules/<kind>")
@allows(SIGNED_IN)
def rule_history(kind: str) -> Response:
    """Every version, the newest first, with what it changed and why."""
    bylaw = _named(kind)
    history, now = history_of(db.session()), clock.now()
    current = history.in_force(bylaw.of, now)
    told = []
    for made in queries.versions(kind):
        before, after = (bylaw.facts(_built(history, bylaw, number)) for number in (made.number - 1, made.number))
        changes = _differing(compared(before, after))
        state, lamp = _state(made.number, made.from_at, current, now)
        told.append(_Told(made.number, state, lamp, made.from_at, made.made_at, made.person, made.set_by, made.reason, changes))
    state, lamp = (_("现行"), "ok") if current == 1 else (_("已被取代"), "done")
    told.append(_Told(1, state, lamp, None, None, None, None, None, []))
    return page(
        "bylaws/history.html",
        head=_in_force(history, bylaw, now), versions=told, source=bylaw.source, back_url=url_for("bylaws.rules"),
    )  # fmt: skip


@blueprint.route("/rules/<kind>/edit", methods=["GET", "POST"])
@allows(acts.KEEP_RULES, once=True)
def edit_rules(kind: str) -> Response:
    """Type a new version, see what it would change, publish it."""
    bylaw = _named(kind)
    newest = queries.newest(kind)
    stands = _built(history_of(db.session()), bylaw, newest)
    form = bylaw.form.following(stands, request.form if request.method == "POST" else None)
    if request.method == "GET":
        form.show(stands)
        form.version.data = str(newest)
        return _editing(bylaw, form)
    proposed = form.built(newest + 1) if form.validate() else None
    if proposed is None or request.form.get("step") == "edit":
        return redraw(EDIT, form, **_frame_of(bylaw)) if proposed is None else _editing(bylaw, form)
    if request.form.get("step") != "publish":
        return _previewed(bylaw, form, stands, proposed)
    try:
        made = service.set_rules(
            current_actor(),
            bylaw.of,
            proposed,
            reason=form.reason.data or "",
            from_on=form.from_on.data,
            seen=form.version.data,  # type: ignore[arg-type]
        )
    except (Invalid, Stale) as refusal:
        form.version.data = str(queries.newest(kind))  # who was told of a newer version may go on from it
        return redraw(EDIT, form, refusal, **_frame_of(bylaw))
    flash(_("第 %(version)d 版已发布", version=made.version))
    return go(url_for("bylaws.rule_history", kind=kind))


def _named(name: str) -> Bylaw[Any]:
    if name not in RULES:
        raise Invisible
    return cast("Bylaw[Any]", RULES[name])


def _built(history: History, bylaw: Bylaw[V], number: int) -> V:
    try:
        return history.built(bylaw.of, number)
    except KeyError:  # set a moment ago by another process
        raise Stale(_("规则刚刚更新，请一分钟后再打开本页")) from None


def _differing(found: list[Change]) -> list[Change]:
    return [change for change in found if change.differs]


def _frame_of(bylaw: Bylaw[V]) -> dict[str, Any]:
    return {
        "title": bylaw.title,
        "action": url_for("bylaws.edit_rules", kind=bylaw.name),
        "back_url": url_for("bylaws.rules"),
        "next_version": queries.newest(bylaw.name) + 1,
        "typed_in": bylaw.template,
    }


def _editing(bylaw: Bylaw[V], form: RulesForm[V]) -> Response:
    return page(EDIT, form=form, refusal=None, **_frame_of(bylaw))


def _previewed(bylaw: Bylaw[V], form: RulesForm[V], stands: V, proposed: V) -> Response:
    moment = clock.at(form.from_on.data, 10) if form.from_on.data else clock.now()
    changes = _differing(compared(bylaw.facts(stands), bylaw.facts(proposed)))
    if fault := service.day_fault(form.from_on.data):
        refusal = Invalid(_("先改正施行日期，再看变化"), fields={"from_on": fault})
        return redraw(EDIT, form, refusal, **_frame_of(bylaw))
    if not changes:
        refusal = Invalid(_("与第 %(version)d 版相同，没有要发布的改动", version=stands.version))
        return redraw(EDIT, form, refusal, **_frame_of(bylaw))
    carried = [(name, value) for name, value in request.form.items(multi=True) if name not in ("csrf_token", "step", "request_key")]
    calendar = calendar_of(db.session())
    results = compared(bylaw.results(stands, calendar, moment), bylaw.results(proposed, calendar, moment))
    return page(
        "bylaws/preview.html",
        changes=changes,
        results=results,
        moved=sum(result.differs for result in results),
        carried=carried,
        example=bylaw.example(moment),
        reason=form.reason.data,
        from_on=form.from_on.data,
        **_frame_of(bylaw),
    )


def _state(number: int, from_at: datetime, current: int, now: datetime) -> tuple[str, str]:
    if number == current:
        return _("现行"), "ok"
    if number < current:
        return _("已被取代"), "done"
    return (_("待施行"), "soon") if from_at > now else (_("现行"), "ok")


def _in_force(history: History, bylaw: Bylaw[V], now: datetime) -> _InForce:
    number = history.in_force(bylaw.of, now)
    mine = next((one for one in history.of(bylaw.name) if one.number == number), None)
    coming = [
        _("第 %(version)d 版将于 %(on)s起施行", version=one.number, on=day_words(one.origin.on))
        for one in history.of(bylaw.name)
        if one.number > number and one.from_at > now
    ]
    return _InForce(
        str(bylaw.title),
        number,
        day_words(mine.origin.on) if mine else None,
        mine.set_by if mine else None,
        coming,
        url_for("bylaws.rule_history", kind=bylaw.name),
        url_for("bylaws.edit_rules", kind=bylaw.name) if allowed(current_actor(), acts.KEEP_RULES) else None,
        bylaw.template,
        bylaw.drawn(history.built(bylaw.of, number)),
    )
