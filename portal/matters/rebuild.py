"""Making the whole index of viewers anew from the rule: nothing may change by it, and nothing is lost without it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload

from portal.access.actor import SYSTEM
from portal.access.models import Viewer
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.around import around
from portal.matters.models import Content, Matter
from portal.matters.readers import viewer_rows


def rebuild_viewers() -> int:
    """Write the viewer rows of the session's city anew; how many rows there are. Does not commit."""
    db.session.execute(delete(Viewer))
    count = 0
    pairs = db.session.execute(
        select(Matter, Content)
        .join(Content, Content.record_id == Matter.id)
        .options(joinedload(Matter.lead_unit), as_seen_by(SYSTEM))
    )
    for matter, content in pairs.all():
        rows = viewer_rows(matter, content, around(matter, content))
        db.session.execute(insert(Viewer), rows)
        count += len(rows)
    return count
