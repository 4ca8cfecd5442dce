"""Who plays what in which act: the lives of the register parted into scenes, and the numbers they bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any

from portal.commands.demonstration.course import Course
from portal.commands.demonstration.lives import story
from portal.commands.demonstration.numbers import Entry, Numbers
from portal.commands.demonstration.register import Register, read_register
from portal.commands.demonstration.shown import registered_at, shown_life, shown_rows
from portal.commands.demonstration.stage import Scene, Story
from portal.kernel import clock
from portal.kernel.city import demonstration


class Script:
    """The same whenever it is written; inside the city. `open` are the scenes of the first act, those with most stories
    first; `over` those of the second, in the order in which they began."""

    def __init__(self, until: datetime, kept: list[Any] | None = None) -> None:
        self.until = until
        today = clock.local(until).date()
        self._register = Register(read_register(today))
        shown = list(shown_rows(today))
        courses = self._register.courses
        over = [course for course in courses if course.ends_on is not None and course.ends_on < today]
        self.over = self._scenes(over, over=True)
        still_open = self._scenes([course for course in courses if course not in over], over=False)
        on_show = tuple(Story(row.number, row.request_key, partial(shown_life, row, far)) for row, far in shown)
        self.open = sorted([*still_open, Scene("shown", False, on_show)], key=lambda scene: -len(scene.stories))
        entries = [Entry(registered_at(row), row.number, row.registering_code, False) for row, _far in shown]
        self.numbers = Numbers(self._register, over, entries, until, kept)

    @classmethod
    def written(cls) -> Script:
        """That of the session's city."""
        known = demonstration()
        assert known is not None
        return cls(known.until, known.kept)

    @property
    def lives(self) -> int:
        """How many there are in both acts."""
        return sum(len(scene.stories) for scene in self.open) + self.lives_over

    @property
    def lives_over(self) -> int:
        """How many are left to the second act."""
        return sum(len(scene.stories) for scene in self.over)

    def _scenes(self, courses: Iterable[Course], *, over: bool) -> list[Scene]:
        """Whoever issues reports of the same unit is in one scene with it."""
        scene_of: dict[int, int] = {}
        parts: defaultdict[int, list[Course]] = defaultdict(list)
        for course in courses:
            units = {self._register.lead(course).id, *(unit.id for unit in self._register.below(course))}
            joined = {scene_of[unit] for unit in units if unit in scene_of}
            name = min(joined, default=course.row.number)
            for other in joined - {name}:
                parts[name] += parts.pop(other)
                scene_of.update({unit: name for unit, scene in scene_of.items() if scene == other})
            scene_of.update(dict.fromkeys(units, name))
            parts[name].append(course)
        found = (sorted(part, key=lambda course: course.registered_at) for part in parts.values())
        return [Scene(str(part[0].row.number), over, tuple(map(_story, part))) for part in found]


def _story(course: Course) -> Story:
    return Story(course.row.number, course.row.request_key, partial(story, course))
