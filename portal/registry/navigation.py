"""Where one can go from every page: the sections of the menu, and the pages that a floor leads to by their purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Never, TypeVar

from flask_babel import LazyString

from portal.registry.acts import Act
from portal.registry.registered import ByName

Who = TypeVar("Who", contravariant=True)


@dataclass(frozen=True, slots=True)
class Section(Generic[Who]):
    """An entry of the side navigation. `act` needs no record; `order` sorts; `shown` may refuse further; `pages` are the
    endpoints, or whole features, that belong to it although their addresses lie elsewhere. `Who` goes there: an actor."""

    name: str  # the endpoint
    label: LazyString
    icon: str
    act: Act
    group: LazyString | None = None
    order: int = 100
    count: Callable[[Who], int | None] | None = None
    shown: Callable[[Who], bool] | None = None
    pages: frozenset[str] = frozenset()


class Purpose(StrEnum):
    """What a floor needs a page for which stands above it; whose it is, it need not know."""

    DESK = "desk"  # where one begins
    SEARCH = "search"  # what the header's box asks, with `q`
    MESSAGES = "messages"
    BADGE = "badge"  # how many are unread
    MESSAGE_SETTINGS = "message settings"
    ACTING_POST = "acting post"
    PASSWORD = "password"  # noqa: S105 - a page
    SECOND_FACTOR = "second factor"
    SIGN_INS = "sign-ins"
    SIGN_IN = "sign-in"
    SIGN_OUT = "sign-out"
    CONFIRM = "confirm"  # the password once more
    LANGUAGE = "language"
    REGISTER = "register"  # of a `unit`
    PERSON = "person"  # `person_id`
    CONTACT = "contact"  # how a post is reached: `post_id`
    APPOINT = "appoint"  # for a unit: `unit_id`


@dataclass(frozen=True, slots=True)
class Place:
    """A page that serves a purpose: there is one for each."""

    name: Purpose
    endpoint: str


SECTIONS: ByName[Section[Never]] = ByName("section of the menu", order=lambda section: section.order)
PLACES: ByName[Place] = ByName("page for the purpose")
