"""The commands of the embedded servers: `run`, `with COMMAND`, `serve`, `check-migrations`, `forget`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from portal.kernel.parent import die_with_parent
from portal.local.places import Place
from portal.local.processes import NotStarted, refusal_of
from portal.local.supervisor import Supervisor


def main() -> int:
    """Runs the command named on the command line; a refusal is one sentence and the exit status 1."""
    parser = argparse.ArgumentParser(prog="python -m portal.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start the portal on this machine and look after it")
    run.add_argument("--follow-parent", action="store_true", help="stop when the process that started this one dies")
    run_with = commands.add_parser("with", help="run one command in the portal's environment, as the database's owner")
    run_with.add_argument("--new-database", action="store_true", help="make an empty one where traces of another are")
    run_with.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND …")
    serve = commands.add_parser("serve", help="a throw-away database for as long as another process lives")
    serve.add_argument("--for", dest="pid", type=int, required=True, help="the process to live as long as")
    serve.add_argument("--home", type=Path, required=True, help="a directory to make, and to remove at the end")
    serve.add_argument("--ready", type=Path, required=True, help="the file to write the administrator's address into")
    commands.add_parser("check-migrations", help="say whether the migrations make the tables the models describe")
    forget = commands.add_parser("forget", help="remove this installation's data, keys and database for good")
    forget.add_argument("--yes", action="store_true", help="really")
    asked = parser.parse_args()
    place = Place.from_environment()
    try:
        if asked.command == "run":
            if asked.follow_parent:
                die_with_parent()  # gracefully: by SIGTERM
            Supervisor(place).run()
            return 0
        return carry_out(place, asked)
    except NotStarted as refusal:
        print(refusal, file=sys.stderr)
    except OSError as fault:
        print(refusal_of(fault, place.data), file=sys.stderr)
    return 1


def carry_out(place: Place, asked: argparse.Namespace) -> int:
    """Does what is not `run`; that one loads what it needs while the portal loads beside it."""
    from portal.local import tasks

    match asked.command:
        case "with":
            return tasks.run_with(place, asked.words, new_database=asked.new_database)
        case "serve":
            tasks.serve(asked.pid, asked.home, asked.ready)
        case "check-migrations":
            return tasks.check_migrations()
        case "forget":
            tasks.forget(place, asked.yes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
