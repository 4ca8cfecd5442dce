"""As whom a person acts: their posts and those they stand in for, frozen for one request."""

from __future__ import annotations

from typing import Any

from portal.access.actor import Actor, Standing
from portal.identity.models import Person
from portal.network import queries
from portal.registry.session import STANDINGS


def actor_for(person: Person, acting_post_id: int | None = None) -> Actor:
    """The person as they act now: in the chosen post where they still have it, else in their own post of the lowest id."""
    return _acting(person, queries.standings_of(person.id), acting_post_id)


def actor_of_session(found: Any) -> Actor:
    """Whoever is signed in, as they act now; read with their session."""
    return _acting(found, queries.read_standings(found.beside[STANDINGS]), found.acting_post_id)


def _acting(person: Any, standings: tuple[Standing, ...], chosen: int | None) -> Actor:
    first = tuple(s for s in standings if s.post_id == chosen)
    return Actor(person.id, person.city_id, person.name, (*first, *(s for s in standings if s.post_id != chosen)))
