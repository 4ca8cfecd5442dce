"""What can wait for somebody: the tasks that a record brings to its readers."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString

from portal.registry.registered import ByName


@dataclass(frozen=True, slots=True)
class Task:
    """`label`: what waits, as the register and the desk count it; `turn`: the same beside a record, to whom it waits for;
    `roles`: whom it can come to: its count stands on their desks, nought included; `alarms`: its count stands out."""

    name: str
    label: LazyString
    turn: LazyString
    roles: tuple[str, ...]
    alarms: bool = False

    def fault(self) -> str | None:
        """What is missing, for the sentence that refuses the start."""
        return None if self.roles else "can come to no role"


TASKS: ByName[Task] = ByName("task", fault=Task.fault)
