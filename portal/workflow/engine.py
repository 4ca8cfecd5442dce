"""The one place where a record changes: permission, state, needs, update-where-old-state, the verb's own work, what its kind does
after every act, and one journal entry, last. The same judgement draws the buttons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import SYSTEM, Actor
from portal.access.policy import Decision, allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.registry.acts import Act
from portal.workflow.verbs import Doing, G, Link, R, Verb, W


@dataclass(frozen=True, slots=True)
class Workflow(Generic[R, W]):
    """What the engine must know of a kind of record. `subject`: what the journal calls it; `whole`: its content, whoever acts;
    `changes_since`: what happened after a version, for its reader; `carry_out`: does the verb's work, between what comes before
    and after every act on it (clocks, entries, readers, messages)."""

    subject: str
    whole: Callable[[R], W]
    changes_since: Callable[[R, Actor, int], list[str]]
    carry_out: Callable[[Doing[R, W, Any]], None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a verb can be done now; `mine` is false where it is not this person's act at all."""

    possible: bool
    mine: bool
    unmet: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.possible


def is_mine(verb: Verb[R, W, G] | Link[R], actor: Actor, record: R) -> bool:
    """Whether the verb is this person's act as the record stands, whatever conditions it still has to meet."""
    return _state(record) in verb.from_ and bool(allowed(actor, verb.act, record))


def judge(verb: Verb[R, W, G], actor: Actor, record: R, given: G | None = None) -> Judgement:
    """Judge a verb without doing it; what only the form can meet is judged when it is given."""
    if _state(record) not in verb.from_:
        return Judgement(False, False, (_unfit(verb, record),))
    decision = allowed(actor, verb.act, record)
    if not decision:
        return Judgement(False, False, decision.unmet)
    unmet = _unmet(verb, record, given)
    return Judgement(not unmet, True, unmet)


def demand(actor: Actor, act: Act, record: object) -> Decision:
    """Raise Forbidden, with every condition that is not met, where this act on the record is not theirs."""
    decision = allowed(actor, act, record)
    if not decision:
        raise Forbidden(_("您不能办理这一步：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    return decision


def check_version(workflow: Workflow[R, W], actor: Actor, record: R, version: int | None) -> None:
    """The page must show the record as it is now; else 409 with what changed."""
    if version is not None and version != record.version:  # type: ignore[attr-defined]
        raise Stale(
            _("此件在您打开页面之后有变动，本次操作未执行；您填写的内容仍在下面"),
            changes=workflow.changes_since(record, actor, version),
        )


def perform(
    workflow: Workflow[R, W],
    verb: Verb[R, W, G],
    actor: Actor,
    record: R,
    given: G,
    *,
    version: int | None = None,
    on: object | None = None,
) -> Doing[R, W, G]:
    """Do it: judged here, written only where state and version are still what was judged. `on` is the record on which
    permission is judged where it is another (what was forwarded: that from which it was). Raises Stale, Forbidden, Invalid."""
    check_version(workflow, actor, record, version)
    decision = demand(actor, verb.act, record if on is None else on)
    if _state(record) not in verb.from_:
        raise Invalid(_unfit(verb, record, told=True))
    if unmet := _unmet(verb, record, given):
        raise Invalid("；".join(unmet), unmet=unmet)
    assert decision.standing is not None
    former, words = _state(record), getattr(given, "words", None)
    before = {"state": str(former), "version": record.version}  # type: ignore[attr-defined]
    bump_version(workflow, actor, record, verb.target(former))
    doing = Doing(verb, actor, decision.standing, record, workflow.whole(record), given, former, verb.name, words)
    workflow.carry_out(doing)
    journal.record(
        actor,
        doing.called,
        workflow.subject,
        record.id,  # type: ignore[attr-defined]
        standing=doing.standing,
        confidential=record.confidential,  # type: ignore[attr-defined]
        before=before,
        after={"state": str(_state(record)), "version": record.version, **doing.after},  # type: ignore[attr-defined]
    )
    return doing


def bump_version(workflow: Workflow[R, W], actor: Actor, record: Any, target: Any = None) -> None:
    """Of two acts at the same moment, or of a form sent twice, one is done; the other is told what changed. The record is
    this transaction's from here on, in its new state, or in the one that it has."""
    model, target = type(record), target or record.state
    db.session.flush()
    changed: Any = db.session.execute(
        update(model)
        .where(model.id == record.id, model.state == record.state, model.version == record.version)
        .values(state=target, version=model.version + 1)
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise Stale(_("此件刚刚被别人办理，本次操作未执行"), changes=workflow.changes_since(record, actor, record.version))
    set_known(record, state=target, version=record.version + 1)


def set_known(record: Any, **values: Any) -> None:
    """Tell the loaded record what the database already holds, without another UPDATE."""
    for name, value in values.items():
        set_committed_value(record, name, value)


def _state(record: Any) -> Any:
    return record.state


def _unfit(verb: Verb[R, W, G], record: R, *, told: bool = False) -> str:
    said = verb.unfit or (_("此件现为“%(state)s”，不能这样办理；没有任何改动") if told else _("此件现为“%(state)s”，不能这样办理"))
    return str(said) % {"state": _state(record).label}


def _unmet(verb: Verb[R, W, G], record: R, given: G | None) -> tuple[str, ...]:
    found: list[str] = []
    for need in verb.needs:
        try:
            sentence = need(record, given)
        except Invalid:
            if found:  # what stands in the way whatever is typed comes first
                break
            raise
        if sentence:
            found.append(str(sentence))
    return tuple(found)
