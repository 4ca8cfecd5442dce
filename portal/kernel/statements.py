"""Statements that are kept: put together once for each shape, with the values of each asking given beside them.

Building, hashing and walking a long statement costs more than the database takes for its answer. A statement that is put together
by several threads at once, or compiled by them for the first time, may come out wrong and stay so in SQLAlchemy's cache: so the
first asking of a shape builds and compiles it alone, and only waits for the database beside others.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from contextlib import ExitStack
from threading import Lock
from typing import Any, ClassVar

from sqlalchemy import Engine, ExecutionContext, Insert, Result, Select, event
from sqlalchemy.orm.interfaces import UserDefinedOption

from portal.kernel.db import begin, db

COMPILED = "on_compiled"  # the execution option that holds what is called once a statement has been compiled


class StaleStatement(RuntimeError):
    """A statement that is kept holds what differs between askings: a fault of ours, found by the tests."""


class Kept:
    """The statements of one sort. `most` shapes are kept; what is beyond is put together each time. `held_against_anew`, in tests:
    each asking puts the statement together once more and compares."""

    held_against_anew: ClassVar[bool] = False

    def __init__(self, most: int = 300) -> None:
        self._most = most
        self._ready: dict[Hashable, Select[*tuple[Any, ...]] | Insert] = {}
        self._lock = Lock()

    def execute(
        self,
        shape: Hashable,
        build: Callable[[], Select[*tuple[Any, ...]] | Insert],
        values: Mapping[str, Any],
        options: Mapping[str, Any],
    ) -> Result[*tuple[Any, ...]]:
        """The answer of the statement of this shape to these values, under these execution options. `build` is called where there
        is none yet; its statement holds no value that differs between askings."""
        known = self._ready.get(shape)
        if known is not None:
            if self.held_against_anew:
                refuse_stale(shape, known, build())
            return db.session.execute(known, values, execution_options=options)
        begin()
        if db.session.autoflush:
            db.session.flush()  # whatever waits for others does so before
        with ExitStack() as alone:
            alone.enter_context(self._lock)
            known = self._ready.get(shape)
            if known is None:
                known = build()
                _refuse_frozen(shape, known)

            def on_compiled() -> None:
                if len(self._ready) < self._most:
                    self._ready[shape] = known
                alone.close()

            return db.session.execute(known, values, execution_options={**options, COMPILED: on_compiled})


@event.listens_for(Engine, "before_cursor_execute")
def _compiled(_on: object, _cursor: object, _said: str, _values: object, context: ExecutionContext | None, _many: bool) -> None:
    """A statement that is made for the first time goes to the database now, which may let it wait: whoever waits for the
    statement does not wait for that."""
    on_compiled = context.execution_options.get(COMPILED) if context is not None else None
    if on_compiled is not None:
        on_compiled()


def _refuse_frozen(shape: Hashable, built: Select[Any] | Insert) -> None:
    """Raise StaleStatement where an option of ours (for whom it reads) stands in the statement itself: no cache key shows it, and
    it goes before what is said with each execution."""
    if any(isinstance(option, UserDefinedOption) for option in built._with_options):
        raise StaleStatement(f"{shape}: an option of one asking")


def refuse_stale(shape: Hashable, kept: Select[Any] | Insert, anew: Select[Any] | Insert) -> None:
    """Raise StaleStatement where what is kept under this shape is not what would be put together now: another statement, or one
    that holds another value (a day, a city, a person), which whoever asks next would be answered by."""
    before, now = kept._generate_cache_key(), anew._generate_cache_key()
    if before is None or now is None:
        raise StaleStatement(f"{shape}: a statement without a cache key")
    if before.key != now.key or [one.value for one in before.bindparams] != [one.value for one in now.bindparams]:
        raise StaleStatement(f"{shape}: what is kept is not what would be put together now")
