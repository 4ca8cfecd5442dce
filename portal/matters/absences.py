"""Who is away while a term runs: said to whoever sets it, of those whose work or signature it needs.

Of a confidential matter only to a reader of its content: the shell names nobody, and the days of somebody's absence would.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.access.actor import Actor
from portal.identity.queries import person_by_id
from portal.kernel import clock
from portal.kernel.language import _
from portal.matters.models import Matter
from portal.matters.queries import get_matter
from portal.matters.service.reporting import seats_of
from portal.network.queries import holders
from portal.network.service.being_away import absences, span_words


def spans(persons: Mapping[int, str], until: date) -> dict[int, str]:
    """Person → when he is away between today and that day: 12月3日至10日."""
    found: dict[int, list[str]] = {}
    for absence in absences(persons.keys(), clock.today(), until):
        found.setdefault(absence.person_id, []).append(span_words(absence))
    return {person_id: "、".join(days) for person_id, days in found.items()}


def notice(actor: Actor, matter: Matter) -> str:
    """What is added to the sentence that says the term is set: handler and holders of the sign-off's seats who are away
    before it ends. Nothing where nobody is, or the reader does not see the content."""
    shown = get_matter(actor, matter.id)
    if shown.content is None or shown.lead_unit_id is None:
        return ""
    names: dict[int, str] = {}
    if not shown.confidential:
        for seat in seats_of(shown):
            assert seat.unit_id is not None
            people = holders(seat.unit_id, seat.role)
            if len(people) == 1:  # another holder signs meanwhile
                names[people[0].person_id] = f"{seat.role.label}{people[0].name}"
    handler = person_by_id(shown.content.handler_id) if shown.content.handler_id else None
    if handler is not None:
        names[handler.id] = f"{_('承办人')}{handler.name}"
    said = [_("%(who)s %(span)s外出", who=names[one], span=days) for one, days in spans(names, shown.due_on).items()]
    return "。" + _("期限内") + _("：") + "；".join(said) if said else ""
