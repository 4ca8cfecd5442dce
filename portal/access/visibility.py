"""The one seam: every read of a guarded table says for whom, and a session hook turns that into criteria.

`select(Matter).options(as_seen_by(actor))` reads what the actor may see. A statement that touches a guarded table
without it raises `UnscopedQuery`; so do `session.get`, bare tables, and `joinedload` of a guarded model (the hook could not
reach it). Jobs say `as_seen_by(SYSTEM)` openly. Row-level security by city stands behind this as a second wall.

What a person's statement brings out of a confidential matter is noted here too, in the one place that all of it passes;
whether an answer showed it, and is a reading, is judged when the answer is made.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Table, and_, any_, bindparam, exists, literal, literal_column, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.event import listens_for
from sqlalchemy.orm import LoaderCriteriaOption, ORMExecuteState
from sqlalchemy.orm.interfaces import UserDefinedOption
from sqlalchemy.sql import visitors
from sqlalchemy.sql.visitors import ExternallyTraversible

from portal.access.actor import Actor, System
from portal.access.models import View, Viewer
from portal.kernel import clock
from portal.kernel.db import Base, PortalSession, db


class UnscopedQuery(RuntimeError):
    """A statement reads guarded rows without saying for whom: a fault of ours, never shown to anyone."""


class Guarded:
    """A record, a part of it, or what stands between several. `record_keys` name the columns with their ids; `view_needed` how
    much of each a reader must see to see this row. A part is never visible without its whole: both read the same index."""

    record_keys: ClassVar[tuple[str, ...]] = ("record_id",)
    view_needed: ClassVar[View] = View.CONTENT

    @classmethod
    def also_seen(cls) -> tuple[View, ColumnElement[bool]] | None:
        """A lower view that suffices for rows of a certain kind (an issued report, for a co-unit)."""
        return None


class _AsSeenBy(UserDefinedOption):
    propagate_to_loaders = True


def as_seen_by(reader: Actor | System) -> _AsSeenBy:
    """The option that says for whom a statement reads."""
    return _AsSeenBy(reader)


def _principals(actor: Actor) -> Any:
    return bindparam("principals", list(actor.principals), type_=ARRAY(BIGINT), unique=True)


_SEEN_BY: Any = bindparam("seen_by", type_=ARRAY(BIGINT))
_SEEN_AT: Any = bindparam("seen_at", type_=DateTime(timezone=True))
"""For whom, and when, a statement reads whose rule was made once: the hook says it with each execution."""


def still_counts(now: Any = None) -> ColumnElement[bool]:
    """The viewer row's time is not over: a granted reading ends by the minute, before any sweep. `now` where it is said with the
    statement's other values."""
    return or_(Viewer.until.is_(None), Viewer.until > (clock.now() if now is None else now))


def _in_view(key: Any, principals: Any, now: Any, view: View, *, row_by_row: bool = False) -> ColumnElement[bool]:
    # Row by row the index begins with the record: another, that begins with the principal, would be read from one end of what the
    # reader sees to the other, for each row.
    principal = Viewer.principal + literal_column("0") if row_by_row else Viewer.principal
    seen = [Viewer.record_id == key, principal == any_(principals), still_counts(now)]
    if view > View.SHELL:
        seen.append(Viewer.view >= literal(int(view)))
    rows = select(literal(1)).select_from(Viewer).where(*seen).correlate_except(Viewer)
    # PostgreSQL makes no join of what has an OFFSET: it looks up each row, and not first all that the reader sees.
    return exists(rows.offset(literal_column("0")) if row_by_row else rows)


def _rule(model: Any, principals: Any, now: Any, *, row_by_row: bool = False) -> ColumnElement[bool]:
    """The rule of the house, once: the reader stands in the index of viewers of each record, with view enough."""

    def within(view: View) -> ColumnElement[bool]:
        return and_(*(_in_view(getattr(model, key), principals, now, view, row_by_row=row_by_row) for key in model.record_keys))

    also = model.also_seen()
    return or_(within(model.view_needed), also[1] & within(also[0])) if also else within(model.view_needed)


def may_see(model: Any, actor: Actor) -> ColumnElement[bool]:
    """Whether the actor sees a row of this model, for a statement that asks it of some rows itself."""
    return _rule(model, _principals(actor), None)


def sees(record_id: Any) -> ColumnElement[bool]:
    """Whether the reader sees the matter that this column names, for whoever knows no matter but points at some; a part of a
    statement that has `values_of` among its values."""
    return _in_view(record_id, _SEEN_BY, _SEEN_AT, View.SHELL, row_by_row=True)


def values_of(reader: Actor) -> dict[str, Any]:
    """For whom a statement reads, and when, as its values."""
    return {"seen_by": list(reader.principals), "seen_at": clock.now()}


SEEN_BY = "seen_by"
"""The execution option that says for whom a statement reads that is kept, where `as_seen_by` would make a copy of it. Of few rows:
each is looked up in the index of viewers by itself."""
_TOUCHED, _DECIDED = "_guarded_touched", "_guarded_decided"
_by_shape: dict[Any, frozenset[Table]] = {}
_MOST_SHAPES = 2000  # of statements; the portal has some hundreds


@cache
def _guarded() -> dict[Table, Any]:
    """Whole before anyone has it: whoever took a part of it for all would read what is missing unguarded."""
    models = (mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Guarded))
    return {cast(Table, mapper.local_table): mapper.class_ for mapper in models}


def _refuse_joined(state: ORMExecuteState) -> None:
    for option in state.statement._with_options:  # type: ignore[attr-defined]
        for load in getattr(option, "context", ()):
            if ("lazy", "joined") in (getattr(load, "strategy", None) or ()):
                target = load.path.entity.class_ if load.path.is_entity else load.path[-1].mapper.class_
                if issubclass(target, Guarded):
                    raise UnscopedQuery(f"joinedload of {target.__name__}: use selectinload or a join of your own")


def _touched(state: ORMExecuteState) -> frozenset[Table]:
    """The guarded tables that the statement reads: found by walking it, once for every shape of statement, and remembered by one
    that is kept. A refusal is not remembered."""
    known: frozenset[Table] | None = state.statement.__dict__.get(_TOUCHED)
    if known is not None:
        return known
    key = state.statement._generate_cache_key()  # type: ignore[attr-defined]  # what SQLAlchemy compiles it once by
    known = _by_shape.get(key.key) if key else None
    if known is None:
        guarded = _guarded()
        walked = visitors.iterate(cast(ExternallyTraversible, state.statement))
        loaded = {cast(Table, mapper.local_table) for mapper in state.all_mappers}
        known = frozenset(({one for one in walked if isinstance(one, Table)} | loaded) & guarded.keys())
        _refuse_joined(state)
        if key and len(_by_shape) < _MOST_SHAPES:
            _by_shape[key.key] = known
    if key:
        state.statement._set_memoized_attribute(_TOUCHED, known)  # type: ignore[attr-defined]  # no copy of it has this
    return known


class _Seen(LoaderCriteriaOption):
    """The rule for a model, under every name that the statement gives it. SQLAlchemy's own option leaves the rule as it is in
    the ON of a join to an alias: it would then ask of the row beside, and show a child's reader its hidden parent."""

    _traverse_internals = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        rule: ColumnElement[bool] = super()._resolve_where_criteria(ext_info)
        return ext_info._adapter.traverse(rule) if ext_info.is_aliased_class else rule  # type: ignore[no-any-return]


@cache
def _criteria(*, row_by_row: bool) -> dict[Table, _Seen]:
    """The rule for each guarded model, made once: what differs between readers are its two values."""
    rules = ((table, model, _rule(model, _SEEN_BY, _SEEN_AT, row_by_row=row_by_row)) for table, model in _guarded().items())
    return {table: _Seen(model, rule, include_aliases=True) for table, model, rule in rules}


@listens_for(PortalSession, "do_orm_execute")
def _decide(state: ORMExecuteState) -> None:
    reader = _reader_of(state)
    if state.is_column_load:  # of a row that was loaded by the rule, which goes along and wants its values again
        if isinstance(reader, Actor):
            _say_for_whom(state, reader)
        return
    touched = _touched(state)
    if not touched:
        return
    if reader is None:
        if state.is_insert:
            return
        raise UnscopedQuery(f"for whom? {sorted(t.name for t in touched)}")
    if not state.is_orm_statement:
        raise UnscopedQuery(f"select the model, not the table: {sorted(t.name for t in touched)}")
    if isinstance(reader, System):
        return
    state.update_execution_options(**{_READER: reader})
    state.session.info[_READER] = reader
    if not state.is_select:
        rules = (_Seen(_guarded()[table], may_see(_guarded()[table], reader), include_aliases=True) for table in touched)
        state.statement = state.statement.options(*rules)
        return
    decided = state.statement.__dict__.get(_DECIDED)
    if decided is None:  # once for a statement that is kept
        criteria = _criteria(row_by_row=SEEN_BY in state.execution_options)
        decided = state.statement.options(*(criteria[table] for table in sorted(touched, key=lambda table: table.name)))
        state.statement._set_memoized_attribute(_DECIDED, decided)  # type: ignore[attr-defined]  # no copy of it has this
    state.statement = decided
    _say_for_whom(state, reader)


def _reader_of(state: ORMExecuteState) -> Actor | System | None:
    """For whom it reads; what is read of a row that is loaded already, for whom the session has last read."""
    option = next((one for one in state.user_defined_options if isinstance(one, _AsSeenBy)), None)
    if option is not None:
        return option.payload  # type: ignore[return-value]
    of_a_row = state.is_column_load or state.is_relationship_load
    said: Actor | System | None = state.execution_options.get(SEEN_BY) or (state.session.info.get(_READER) if of_a_row else None)
    return said


def _say_for_whom(state: ORMExecuteState, reader: Actor) -> None:
    state.parameters = {**cast("dict[str, Any]", state.parameters or {}), **values_of(reader)}


_READER, _OPENED = "reader_of_guarded", "opened"


@dataclass(frozen=True, slots=True)
class Opened:
    """A part of a confidential matter whose sealed words were loaded for this reader: the name of its table."""

    reader: Actor
    record_id: UUID
    part: str


@listens_for(Guarded, "load", propagate=True)
def _loaded(target: Any, context: Any) -> None:
    reader = context.execution_options.get(_READER)
    if reader is not None and target.__dict__.get("sealed") is not None:
        opened = Opened(reader, getattr(target, target.record_keys[0]), target.__tablename__)
        context.session.info.setdefault(_OPENED, {})[opened] = None


@listens_for(Guarded, "refresh", propagate=True)
def _refreshed(target: Any, context: Any, _names: Any) -> None:
    if context is not None:
        _loaded(target, context)


def take_opened() -> list[Opened]:
    """What was brought out for its reader since this was last asked, each once; a rollback does not undo that."""
    return list(db.session().info.pop(_OPENED, ()))


def _no_get(self: PortalSession, entity: Any, ident: Any, **kw: Any) -> Any:
    if isinstance(entity, type) and issubclass(entity, Guarded):
        raise UnscopedQuery(f"session.get({entity.__name__}) goes round the seam")
    return super(PortalSession, self).get(entity, ident, **kw)


PortalSession.get = _no_get  # type: ignore[assignment, method-assign]
