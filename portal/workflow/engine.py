"""The one place where a state changes: permission, needs, update-where-old-state, journal, and what the feature does
after it. The same judgement draws the buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import update
from sqlalchemy.orm.attributes import set_committed_value

from portal.access.actor import SYSTEM, Actor, Standing
from portal.access.policy import allowed
from portal.access.visibility import as_seen_by
from portal.audit import journal
from portal.audit.models import JournalEntry
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invalid, Stale
from portal.workflow.chain import Chain, Move

Need = Callable[[Any, Mapping[str, Any]], str | None]


class Record(Protocol):
    """What the engine moves: has an id, a state, a version."""

    id: Any
    state: Any
    version: int
    confidential: bool


@dataclass(frozen=True, slots=True)
class Rulebook:
    """A kind of record's chain with the tables that its rows name. `changes_since` says what happened after a version;
    `settle` does what follows a move (clocks, viewers, messages)."""

    chain: Chain
    needs: Mapping[str, Need]
    changes_since: Callable[[Any, Actor, int], list[str]]
    settle: Callable[[Any, Moved], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What just happened: who, in which post, by which row, with what."""

    actor: Actor
    standing: Standing | None
    move: Move
    given: Mapping[str, Any]
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an event is possible now; `mine` is false where it is not this person's act at all."""

    possible: bool
    mine: bool
    unmet: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.possible


def is_his(book: Rulebook, actor: Actor, record: Any, event: str) -> bool:
    """Whether the event is this person's act as the record stands, whatever conditions it still has to meet."""
    move = book.chain.row(event, record.state)
    return move is not None and bool(allowed(actor, move.act, record))


def judge(book: Rulebook, actor: Actor, record: Any, event: str, given: Mapping[str, Any] | None = None) -> Judgement:
    """Judge an event without doing it. Conditions that only the form can meet are judged when `given` is passed."""
    move = book.chain.row(event, record.state)
    if move is None:
        return Judgement(False, False, (_("此件现为“%(state)s”，不能这样办理", state=record.state.label),))
    decision = allowed(actor, move.act, record)
    if not decision:
        return Judgement(False, False, decision.unmet)
    unmet = _unmet(book, move, record, given)
    return Judgement(not unmet, True, unmet)


def _unmet(book: Rulebook, move: Move, record: Any, given: Mapping[str, Any] | None) -> tuple[str, ...]:
    found = []
    for name in move.needs:
        if given is None and name.startswith("given:"):
            continue
        sentence = book.needs[name](record, given or {})
        if sentence:
            found.append(str(sentence))
    return tuple(found)


def fresh(book: Rulebook, actor: Actor, record: Any, version: int | None) -> None:
    """The page must show the record as it is now; else 409 with what changed."""
    if version is not None and version != record.version:
        raise Stale(
            _("此件在您打开页面之后有变动，本次操作未执行；您填写的内容仍在下面"),
            changes=book.changes_since(record, actor, version),
        )


def move(
    book: Rulebook, actor: Actor, record: Any, event: str, *, version: int | None = None, on: Any = None, **given: Any
) -> Moved:
    """Do it: judged again here, written only where state and version are still what was judged.

    `on` is the record on which permission is judged where it is another (a forwarded child: its parent). `given` goes to
    the needs and to `settle`; what stands in `given["facts"]` goes into the journal.
    """
    fresh(book, actor, record, version)
    row = book.chain.row(event, record.state)
    decision = allowed(actor, row.act if row else book.chain.act_of(event), on or record)
    if not decision:
        raise Forbidden(_("您不能办理这一步：%(why)s", why="；".join(decision.unmet)), unmet=decision.unmet)
    if row is None:
        raise Invalid(_("此件现为“%(state)s”，不能这样办理；没有任何改动", state=record.state.label))
    if unmet := _unmet(book, row, record, given):
        raise Invalid("；".join(unmet), unmet=unmet)
    before = {"state": str(record.state), "version": record.version}
    _take(book, actor, record, row.target)
    entry = journal.record(
        actor,
        event,
        book.chain.kind,
        record.id,
        standing=decision.standing,
        confidential=record.confidential,
        before=before,
        after={"state": str(row.target), "version": record.version, **given.get("facts", {})},
    )
    moved = Moved(actor, decision.standing, row, given, entry)
    book.settle(record, moved)
    return moved


def take_turn(book: Rulebook, actor: Actor, record: Any, version: int | None = None) -> None:
    """For an act that moves nothing (urging, correcting, forwarding, asking for time): of two at the same moment, or of a
    form sent twice, one does it; the other is told what changed. The record is this transaction's from here on."""
    fresh(book, actor, record, version)
    _take(book, actor, record, record.state)


def _take(book: Rulebook, actor: Actor, record: Any, target: Any) -> None:
    model = type(record)
    db.session.flush()
    changed: Any = db.session.execute(
        update(model)
        .where(model.id == record.id, model.state == record.state, model.version == record.version)
        .values(state=target, version=model.version + 1)
        .options(as_seen_by(SYSTEM))
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:
        raise Stale(_("此件刚刚被别人办理，本次操作未执行"), changes=book.changes_since(record, actor, record.version))
    set_known(record, state=target, version=record.version + 1)


def set_known(record: Any, **values: Any) -> None:
    """Tell the loaded record what the database already holds, without another UPDATE."""
    for name, value in values.items():
        set_committed_value(record, name, value)
