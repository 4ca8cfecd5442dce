"""As whom a person acts: his posts and those he stands in for, frozen for one request."""

from __future__ import annotations

from portal.access.actor import Actor
from portal.identity.models import Person
from portal.network import queries


def actor_for(person: Person, acting_post_id: int | None = None) -> Actor:
    """The person as he acts now: in the chosen post where he still has it, else in his own post of the lowest id."""
    standings = queries.standings_of(person.id)
    chosen = [s for s in standings if s.post_id == acting_post_id]
    return Actor(person.id, person.city_id, person.name, (*chosen, *(s for s in standings if s.post_id != acting_post_id)))
