"""The security administrator's console: accounts, and the city's rules of signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Response, current_app, flash, request, url_for

from portal.access.roles import OFFICERS, post_name
from portal.identity.queries import security_rules
from portal.identity.sessions import count_live
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invisible
from portal.kernel.text import tidy
from portal.officers import acts, queries, service
from portal.officers.queries import Account
from portal.officers.routes import HIGHEST_ID, blueprint
from portal.officers.routes.acts import drawn
from portal.officers.rules import Kind
from portal.web.guards import allows, current_actor
from portal.web.navigation import Button
from portal.web.responses import go, page

STATES = {
    "": _l("全部"),
    "locked": _l("已锁定"),
    "suspended": _l("限定知悉暂停"),
    "inactive": _l("已停用"),
    "officers": _l("三员"),
}


@dataclass(frozen=True, slots=True)
class _Drawn:
    """An account as the pages draw it."""

    url: str
    name: str
    sign_in_name: str
    posts: list[str]
    state: str
    lamp: str
    notes: list[str]
    has_second_factor: bool
    last_sign_in: datetime | None
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class _View:
    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class _Pages:
    """As the macro `pager` names them."""

    text: str
    note: str | None
    prev_url: str | None
    next_url: str | None
    sizes: tuple[Any, ...] = ()


def _drawn(one: Account) -> _Drawn:
    person = one.person
    notes = []
    if person.must_change_password:
        notes.append(_("待改一次性口令"))
    if person.suspended_at is not None:
        notes.append(_("限定知悉暂停"))
    if not person.active:
        state, lamp = _("已停用"), "done"
    elif one.locked_until:
        state, lamp = _("已锁定"), "late"
    else:
        state, lamp = _("正常"), "ok"
    return _Drawn(
        url_for("officers.account", person_id=person.id),
        person.name,
        person.sign_in_name,
        [post_name(unit, role) for unit, role in one.posts],
        state,
        lamp,
        notes,
        one.has_second_factor,
        one.last_sign_in,
        one.locked_until,
    )


@blueprint.get("/officers/accounts")
@allows(acts.KEEP_ACCOUNTS)
def accounts() -> Response:
    """Accounts, found by part of name, sign-in name or unit."""
    typed = tidy(request.args.get("q", ""))[:60]
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    after = request.args.get("after", "")[:64]
    found, more = queries.accounts(typed, state, after)
    said: dict[str, Any] = {name: value for name, value in (("q", typed), ("state", state)) if value}
    last = found[-1].person.sign_in_name if found else ""
    return page(
        "officers/accounts.html",
        accounts=[_drawn(one) for one in found],
        typed=typed,
        state=state,
        views=[
            _View(str(label), url_for("officers.accounts", q=typed or None, state=name or None), name == state)
            for name, label in STATES.items()
        ],
        action=url_for("officers.accounts"),
        pages=_Pages(
            _("本页 %(count)s 人，按登录名排列", count=len(found)), None,
            url_for("officers.accounts", **said) if after else None,
            url_for("officers.accounts", after=last, **said) if more else None,
        ) if after or more else None,
    )  # fmt: skip


@blueprint.get(f"/officers/accounts/<int(max={HIGHEST_ID}):person_id>")
@allows(acts.KEEP_ACCOUNTS)
def account(person_id: int) -> Response:
    """One account, with what may be proposed about it."""
    found = queries.account(person_id)
    if found is None:
        raise Invisible
    waiting = queries.acts_waiting(person_id)
    return page(
        "officers/account.html",
        account=_drawn(found),
        person=found.person,
        sessions=count_live(person_id, current_app.config["SESSION_IDLE"]),
        acts=_offered(found, {one.kind for one in waiting}),
        waiting=[drawn(one) for one in waiting],
        end_url=None if is_officer(found) else url_for("officers.end_sessions", person_id=person_id),
        back_url=url_for("officers.accounts"),
    )


def is_officer(found: Account) -> bool:
    """Whether the account is one of the three officers'."""
    return any(role in OFFICERS for _unit, role in found.posts)


def _offered(found: Account, asked: set[str]) -> list[Button]:
    person, actor = found.person, current_actor()
    kinds = {
        Kind.RESET_PASSWORD: person.active,
        Kind.END_SECOND_FACTOR: person.active and found.has_second_factor,
        Kind.CONFIRM_PERSON: person.active and person.suspended_at is not None,
        Kind.DEACTIVATE: person.active,
        Kind.REACTIVATE: not person.active,
        Kind.END_SESSIONS: person.active and is_officer(found),
    }
    return [
        Button(url_for("officers.propose", kind=kind, person=person.id), _("提出%(what)s", what=kind.label))
        for kind, fits in kinds.items()
        if fits and kind not in asked and service.may_propose(actor, kind, person.id)
    ]


@blueprint.post(f"/officers/accounts/<int(max={HIGHEST_ID}):person_id>/end-sessions")
@allows(acts.KEEP_ACCOUNTS)
def end_sessions(person_id: int) -> Response:
    """End all of a person's sessions."""
    person = service.end_sessions(current_actor(), person_id)
    flash(_("%(name)s 的登录已全部结束", name=person.name), "done")
    return go(url_for("officers.account", person_id=person_id))


@blueprint.get("/officers/rules")
@allows(acts.KEEP_ACCOUNTS)
def rules() -> Response:
    """The city's rules of signing in, and how they are changed."""
    found = security_rules()
    waiting = {one.kind: drawn(one) for one in queries.acts_waiting()}

    def switch(kind: Kind, on: bool) -> dict[str, Any]:
        return {
            "label": str(kind.label),
            "on": on,
            "waiting": waiting.get(kind),
            "url": url_for("officers.propose", kind=kind, on="0" if on else "1"),
        }

    return page(
        "officers/rules.html",
        dengbao=switch(Kind.DENGBAO, bool(found and found.dengbao)),
        factor=switch(Kind.SECOND_FACTOR_FOR_ALL, bool(found and found.second_factor_for_all)),
        changed_at=found.changed_at if found else None,
    )
