"""Playing the demonstration city in two acts. The first founds it and plays what is open: the last weeks, and work for
everybody whose name is shown; then people may come in. The second plays what is over: the months before.

A city's dates hang on the moment of its founding, whenever it is gone on with; a scene that was played is not played
again. So each act may be killed at any instant and begun anew.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from portal.commands.city import bring_demonstration_network, found
from portal.commands.demonstration import stage
from portal.commands.demonstration.register import read_register
from portal.commands.demonstration.script import Script
from portal.commands.demonstration.stage import Scene
from portal.kernel import clock
from portal.kernel.city import Demonstration, city_by_slug, demonstration
from portal.kernel.db import db, enter, refresh_statistics
from portal.kernel.parent import die_with_parent
from portal.network.models import Unit

log = logging.getLogger(__name__)

HERE = Path(__file__).parent
SLUG, NAME = "wenzhou", "温州市"
PASSWORD = "duban-yanshi-2026"  # noqa: S105 - everyone's, in a city that a production start refuses
PASSWORD_HASH = "$argon2id$v=19$m=19456,t=2,p=1$s/Q5dK4ZAUguSMYFr0Qfwg$yGyoAXSfMm9kwpkx8iTvhdlvu7AIDHFud+pkAkJC8Bo"  # noqa: S105
Say = Callable[[str], Any]


def play(say: Say) -> None:
    """Both acts."""
    begin(say)
    finish(say)


def begin(say: Say, processes: int | None = None) -> None:
    """The first act, in as many processes as there are processors: the city, its network, and what is open. At once
    where that is done, and where a city of another making has the name."""
    city = city_by_slug(SLUG)
    if city is not None:
        enter(city.id)
        if not city.demonstration or (demonstration() is None and db.session.scalar(select(Unit.id).limit(1)) is not None):
            return
    if demonstration() is None:
        _found(clock.now())
        say("The units and the people are there.")
    if _open_ones_wait():
        script = Script.written()
        _together(script, processes or os.cpu_count() or 1)
        refresh_statistics()
        say("What is open is there.")


def finish(say: Say) -> None:
    """The second act: what is over. At once where it is done. What cannot be played any more, since people have changed
    units or posts meanwhile, is left out."""
    city = city_by_slug(SLUG)
    if city is None:
        return
    enter(city.id)
    known = demonstration()
    if known is None or not known.waiting:
        return
    script = Script.written()
    for scene in script.over:
        try:
            stage.play(scene, script.numbers, script.until, wait=True)
        except DBAPIError as fault:
            if isinstance(fault, OperationalError | InterfaceError):  # the database went away: whoever begins anew goes on
                raise
            _leave_out(scene)
        except Exception:  # people work here: a unit may be gone, or somebody who would have acted
            _leave_out(scene)
    db.session.execute(update(Demonstration).values(waiting=0))
    db.session.commit()
    refresh_statistics()
    say("What is over is there too.")


def _leave_out(scene: Scene) -> None:
    db.session.rollback()
    db.session.expunge_all()
    log.exception("The scene of row %s is left out of the demonstration: its units or people have changed meanwhile", scene.name)


def _open_ones_wait() -> bool:
    known = demonstration()
    return known is not None and known.waiting > known.over


def _found(now: datetime) -> None:
    """The city with its network, a month before its first instruction; all its numbers are kept. Goes on where a city
    without network was left."""
    begun = min(row.instructed_on for row in read_register(clock.local(now).date())) - timedelta(days=30)
    with clock.set_to(clock.at(begun, 8)):
        city = city_by_slug(SLUG) or found(SLUG, NAME, demonstration=True)
        enter(city.id)
        bring_demonstration_network(HERE / "units.xlsx", HERE / "posts.xlsx", PASSWORD_HASH)
        script = Script(now)
        kept = script.numbers.keep()
        city_play = Demonstration(until=now, lives=script.lives, over=script.lives_over, waiting=script.lives, kept=kept)
        db.session.add(city_play)
        db.session.commit()


def _together(script: Script, processes: int) -> None:
    """Play the open scenes in so many processes, each taking what no other has begun."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    db.session.remove()
    context = multiprocessing.get_context("fork")
    players = [context.Process(target=_take_part, args=(app, script)) for _ in range(processes)]
    for player in players:
        player.start()
    for player in players:
        player.join()
    if any(player.exitcode for player in players):
        raise RuntimeError("the demonstration could not be played; the reason stands above")


def _take_part(app: Flask, script: Script) -> None:
    die_with_parent()
    with app.app_context():
        db.engine.dispose(close=False)  # the connections are those of the process that forked
        city = city_by_slug(SLUG)
        assert city is not None
        enter(city.id)
        left = [scene for scene in script.open if not stage.play(scene, script.numbers, script.until, wait=False)]
        for scene in left:
            stage.play(scene, script.numbers, script.until, wait=True)
