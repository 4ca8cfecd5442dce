"""The parts of the portal that run as processes of their own, each forked from the one process that has loaded it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from gunicorn.app.base import Application

# Read before the first fork: whatever several parts use. The floors above `local` are named, not imported, as every
# process manager names them.
READ = ("gunicorn.arbiter", "portal.local.arrivals", "portal.app", "portal.commands", "portal.jobs.worker", "portal.jobs.clock")


class Web(Application):
    """Gunicorn, for an application that is loaded already and a socket that others hold too."""

    def __init__(self, app: Any, listener: int) -> None:
        self.app, self.listener = app, listener
        super().__init__(prog="duban")

    def load_config(self) -> None:
        self.load_config_from_file("python:portal.local.serving")
        self.cfg.set("bind", f"fd://{self.listener}")

    def load(self) -> Any:
        return self.app


def read() -> None:
    """Loads the code of all parts; needs neither servers nor settings."""
    for name in READ:
        import_module(name)


def load() -> None:
    """Makes the portal as the environment says; refuses as the web server would."""
    import_module("wsgi")


def migrate() -> None:
    """Brings the tables up to date. It makes an app of its own: that one knows the owner."""
    sys.argv = ["flask", "--app", "wsgi", "db", "upgrade"]
    import_module("flask.cli").main()


def names() -> None:
    """Prints under which names the demonstration city may be tried."""
    app = _app()
    app.cli.main(["demo", "names"], obj=import_module("flask.cli").ScriptInfo(create_app=lambda: app))


def begin_demonstration() -> None:
    """Founds the demonstration city and plays what must be there before anybody comes."""
    import_module("portal.commands.demo").begin(_app())


def finish_demonstration() -> None:
    """Plays the rest of it, from wherever an earlier one was."""
    import_module("portal.commands.demo").finish(_app())


def web(listener: int) -> None:
    """Serves who comes to this socket."""
    Web(_app(), listener).run()


def worker() -> None:
    """Sweeps when it is rung for."""
    import_module("portal.jobs.worker").main(_app())


def clock() -> None:
    """Rings."""
    import_module("portal.jobs.clock").main(_app())


PARTS: dict[str, Callable[..., None]] = {
    part.__name__: part for part in (migrate, names, begin_demonstration, finish_demonstration, web, worker, clock)
}


def _app() -> Any:
    return import_module("wsgi").app
