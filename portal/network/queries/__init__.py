"""Questions about the network, in rooms: `seats`, `units`, `people`, `changes`."""

from portal.network.queries.changes import history_of, name_then
from portal.network.queries.people import (
    Placed,
    colleagues_of,
    leader_meant,
    leaders_matching,
    people_matching,
    person_meant,
    post_by_id,
    posts_for,
    posts_in,
    roles_held,
)
from portal.network.queries.seats import (
    SEATS,
    Holder,
    delegated_at,
    handlers_of,
    has_supervision_office,
    holders,
    in_force,
    recipients,
    recipients_of,
    signers,
    signers_in,
    signing,
    standings_of,
)
from portal.network.queries.units import (
    Place,
    ancestors,
    below_ids,
    branch,
    branches,
    children_units,
    keeper_of,
    names_in,
    place_of,
    proposal_for,
    unit_by_code,
    unit_by_id,
    unit_meant,
    units_matching,
)

__all__ = [
    "SEATS", "Holder", "Place", "Placed", "ancestors", "below_ids", "branch", "branches", "children_units",
    "colleagues_of", "delegated_at", "handlers_of", "has_supervision_office", "history_of", "holders", "in_force",
    "keeper_of", "leader_meant", "leaders_matching", "name_then", "names_in", "people_matching", "person_meant", "place_of",
    "post_by_id", "posts_for", "posts_in", "proposal_for", "recipients", "recipients_of", "roles_held", "signers",
    "signers_in", "signing", "standings_of", "unit_by_code", "unit_by_id", "unit_meant", "units_matching",
]
