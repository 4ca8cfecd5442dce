"""The frame of every page: city, acting post and the posts to switch to, the sections one may open, unread messages.

Features bring what stands in it (`Feature.sections`, `places`, `session_parts`); what `allowed` refuses is not drawn. Everything is
worked out only when a template reads it, so a fragment costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from flask import Flask, current_app, g, request, url_for

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.kernel.city import Demonstration
from portal.kernel.language import official, spoken
from portal.registry.acts import About
from portal.registry.navigation import PLACES, SECTIONS, Purpose, Section
from portal.registry.registered import Unregistrable
from portal.registry.session import UNREAD
from portal.web.address import lost_on_the_way
from portal.web.cities import current_city
from portal.web.demonstration import being_played
from portal.web.guards import current_actor, current_visitor
from portal.web.once import keyless
from portal.web.places import place_url


@dataclass(frozen=True, slots=True)
class DrawnSection:
    """A section as the template draws it."""

    url: str
    label: str
    icon: str
    count: int | None
    current: bool
    group: str | None


@dataclass(frozen=True, slots=True)
class DrawnPost:
    """A post one can act in."""

    id: int
    label: str
    current: bool
    delegate: bool


@dataclass(slots=True)
class Button:
    """One thing the reader can do, as `macros.acts` draws it; at most one of a page is `primary`."""

    url: str
    label: str
    kind: str = "quiet"
    method: str = "get"
    icon: str | None = None


def install(app: Flask) -> None:
    """Give every template `frame`. Raises Unregistrable for a section that nobody could be judged on."""
    for section in SECTIONS:
        if section.act.about not in (About.OPEN, About.NOTHING):
            raise Unregistrable(f"the {SECTIONS.what} {section.name} needs an act that is judged on a record: {section.act}")

    @app.context_processor
    def _frame() -> dict[str, Any]:
        if "frame" not in g:
            g.frame = Frame()
        return {"frame": g.frame}


def desk_url() -> str:
    """Where one begins."""
    return place_url(Purpose.DESK)


def _section_of(endpoint: str, path: str) -> str | None:
    """The section that claims this page, else the one under whose own address it lies, the nearest one."""
    claiming = next((one.name for one in SECTIONS if {endpoint, endpoint.partition(".")[0]} & one.pages), None)
    if claiming:
        return claiming
    above = [one.name for one in SECTIONS if path.startswith(f"{url_for(one.name)}/")]
    return max(above, key=lambda name: len(url_for(name)), default=None)


class Frame:
    """Attributes as `templates/base.html` and `templates/door.html` name them."""

    @cached_property
    def _actor(self) -> Actor | None:
        if g.get("without_frame") or current_visitor() is None:
            return None
        return current_actor()

    @cached_property
    def city_name(self) -> str:
        city = current_city()
        return city.name if city else ""

    @cached_property
    def playing(self) -> Demonstration | None:
        return being_played()

    @cached_property
    def person_name(self) -> str:
        return self._actor.name if self._actor else ""

    @property
    def sign_in_name(self) -> str:
        visitor = current_visitor()
        return visitor.sign_in_name if visitor else ""

    @property
    def unit_name(self) -> str:
        acting = self._actor.acting if self._actor else None
        return acting.unit_name if acting else ""

    @property
    def unit_short(self) -> str:
        return self.unit_name

    @property
    def post_name(self) -> str:
        acting = self._actor.acting if self._actor else None
        return official(acting.role.label) if acting else ""

    @cached_property
    def posts(self) -> list[DrawnPost]:
        standings = self._actor.standings if self._actor else ()
        return [DrawnPost(s.post_id, s.title, place == 0, s.delegation_id is not None) for place, s in enumerate(standings)]

    @cached_property
    def sections(self) -> list[DrawnSection]:
        actor = self._actor
        if actor is None:
            return []
        here = (request.endpoint or "").partition(".")[0]
        exact = request.endpoint in SECTIONS
        within = _section_of(request.endpoint or "", request.path) if not exact else None
        drawn: list[DrawnSection] = []
        for section in cast("Iterable[Section[Actor]]", SECTIONS):
            if not allowed(actor, section.act):
                continue
            if section.shown is not None and not section.shown(actor):
                continue
            if within:
                same = section.name == within
            elif exact:
                same = section.name == request.endpoint
            else:  # a page below a feature's first section
                same = section.name.partition(".")[0] == here and not any(one.current for one in drawn)
            count = section.count(actor) if section.count else None
            group = str(section.group) if section.group else None
            drawn.append(DrawnSection(url_for(section.name), str(section.label), section.icon, count, same, group))
        return drawn

    @cached_property
    def unread(self) -> int:
        visitor = current_visitor() if self._actor else None
        return int(visitor.beside[UNREAD]) if visitor else 0

    @property
    def messages_url(self) -> str:
        return place_url(Purpose.MESSAGES)

    @property
    def badge_url(self) -> str:
        return place_url(Purpose.BADGE)

    @property
    def search_url(self) -> str:
        """The page that searches; nothing for whom it would refuse."""
        view: Any = current_app.view_functions[PLACES[Purpose.SEARCH].endpoint]
        return place_url(Purpose.SEARCH) if self._actor and allowed(self._actor, view.declared_act) else ""

    @property
    def settings_url(self) -> str:
        return place_url(Purpose.MESSAGE_SETTINGS)

    @property
    def desk_url(self) -> str:
        return desk_url() if current_city() else "/"

    @property
    def switch_url(self) -> str:
        return place_url(Purpose.ACTING_POST)

    @property
    def password_url(self) -> str:
        return place_url(Purpose.PASSWORD)

    @property
    def second_factor_url(self) -> str:
        return place_url(Purpose.SECOND_FACTOR)

    @property
    def sign_ins_url(self) -> str:
        return place_url(Purpose.SIGN_INS)

    @property
    def sign_out_url(self) -> str:
        return place_url(Purpose.SIGN_OUT)

    @property
    def language(self) -> str:
        return spoken()

    @property
    def language_url(self) -> str:
        return place_url(Purpose.LANGUAGE) if current_city() else ""

    @property
    def lost_on_the_way(self) -> tuple[str, ...]:
        return lost_on_the_way()

    @property
    def here(self) -> str:
        return keyless()
