"""The frame of every page: city, acting post and the posts to switch to, the sections one may open, unread messages.

Features register what they add (`register`, `count_unread_with`); what `allowed` refuses is not drawn. Everything is
worked out only when a template reads it, so a fragment costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Flask, current_app, g, request, url_for

from portal.access.actor import Actor
from portal.access.acts import SIGNED_IN
from portal.access.policy import allowed
from portal.kernel.city import Demonstration
from portal.kernel.language import official
from portal.registry.acts import About, Act
from portal.web.address import lost_on_the_way
from portal.web.cities import current_city
from portal.web.demonstration import being_played
from portal.web.guards import current_actor, current_visitor
from portal.web.once import keyless
from portal.web.speech import language


@dataclass(frozen=True, slots=True)
class Section:
    """An entry of the side navigation. `act` needs no record; `order` sorts; `shown` may refuse further; `pages` are the
    endpoints, or whole features, that belong to it although their addresses lie elsewhere."""

    endpoint: str
    label: Any
    icon: str
    act: Act = SIGNED_IN
    group: Any = None
    order: int = 100
    count: Callable[[Actor], int | None] | None = None
    shown: Callable[[Actor], bool] | None = None
    pages: frozenset[str] = frozenset()


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


SECTIONS: dict[str, Section] = {}
_unread: list[Callable[[Actor], int]] = []
_search: list[str] = []


def register(*sections: Section) -> None:
    """Add entries to the side navigation; a feature does so when its routes are imported."""
    for section in sections:
        if section.act.about not in (About.OPEN, About.NOTHING):
            raise ValueError(f"the section {section.endpoint} needs an act that needs no record")
        SECTIONS[section.endpoint] = section


def count_unread_with(count: Callable[[Actor], int]) -> None:
    """Messages say how many are unread, in one statement."""
    _unread[:] = [count]


def search_with(endpoint: str) -> None:
    """The page that the header's search box asks, with `q`."""
    _search[:] = [endpoint]


def has_unread(count: int) -> None:
    """The page has counted the unread messages already, in a statement of its own."""
    g.unread = count


def install(app: Flask) -> None:
    """Give every template `frame`."""

    @app.context_processor
    def _frame() -> dict[str, Any]:
        if "frame" not in g:
            g.frame = Frame()
        return {"frame": g.frame}


def optional_url(endpoint: str) -> str:
    """The address of an endpoint, or nothing where the portal has no such page."""
    return url_for(endpoint) if endpoint in current_app.view_functions else ""


def desk_url() -> str:
    """Where one begins: the desk, else one's own sign-ins."""
    return optional_url("overview.desk") or url_for("identity.sign_ins")


def _section_of(endpoint: str, path: str) -> str | None:
    """The section that claims this page, else the one under whose own address it lies, the nearest one."""
    claiming = next((name for name, one in SECTIONS.items() if {endpoint, endpoint.partition(".")[0]} & one.pages), None)
    if claiming:
        return claiming
    above = [name for name in SECTIONS if name in current_app.view_functions and path.startswith(f"{url_for(name)}/")]
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
        for section in sorted(SECTIONS.values(), key=lambda s: s.order):
            if section.endpoint not in current_app.view_functions or not allowed(actor, section.act):
                continue
            if section.shown is not None and not section.shown(actor):
                continue
            if within:
                same = section.endpoint == within
            elif exact:
                same = section.endpoint == request.endpoint
            else:  # a page below a feature's first section
                same = section.endpoint.partition(".")[0] == here and not any(one.current for one in drawn)
            count = section.count(actor) if section.count else None
            group = str(section.group) if section.group else None
            drawn.append(DrawnSection(url_for(section.endpoint), str(section.label), section.icon, count, same, group))
        return drawn

    @cached_property
    def unread(self) -> int:
        if "unread" in g:
            return int(g.unread)
        return _unread[0](self._actor) if _unread and self._actor else 0

    @property
    def messages_url(self) -> str:
        return optional_url("notify.messages")

    @property
    def badge_url(self) -> str:
        return optional_url("notify.badge")

    @property
    def search_url(self) -> str:
        """The page that searches; nothing for whom it would refuse."""
        view: Any = current_app.view_functions.get(_search[0]) if _search else None
        return url_for(_search[0]) if view and self._actor and allowed(self._actor, view.declared_act) else ""

    @property
    def settings_url(self) -> str:
        return optional_url("notify.settings")

    @property
    def desk_url(self) -> str:
        return desk_url() if current_city() else "/"

    @property
    def switch_url(self) -> str:
        return url_for("identity.acting_post")

    @property
    def password_url(self) -> str:
        return url_for("identity.password")

    @property
    def second_factor_url(self) -> str:
        return url_for("identity.second_factor")

    @property
    def sign_ins_url(self) -> str:
        return url_for("identity.sign_ins")

    @property
    def sign_out_url(self) -> str:
        return url_for("identity.sign_out")

    @property
    def language(self) -> str:
        return language()

    @property
    def language_url(self) -> str:
        return url_for("identity.language") if current_city() else ""

    @property
    def lost_on_the_way(self) -> tuple[str, ...]:
        return lost_on_the_way()

    @property
    def here(self) -> str:
        return keyless()
