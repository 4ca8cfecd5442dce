"""What the operator can say to a feature on the command line: `flask <name> …`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Command:
    """A command, or a group of them."""

    run: click.Command

    @property
    def name(self) -> str:
        """What is said for it."""
        return self.run.name or ""


COMMANDS: ByName[Command] = ByName("command")
