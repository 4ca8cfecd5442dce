"""Paths follow from the parents' links, by one statement, whatever was changed."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from portal.kernel.db import current_city, db
from portal.network.models import Unit

_SETTLE = text("""
WITH RECURSIVE tree (id, path) AS (
  SELECT u.id, coalesce(p.path, '{}') || u.id FROM unit u LEFT JOIN unit p ON p.id = u.parent_id
  WHERE u.id = ANY(:roots) AND u.city_id = :city
  UNION ALL
  SELECT c.id, t.path || c.id FROM unit c JOIN tree t ON c.parent_id = t.id
)
UPDATE unit SET path = tree.path FROM tree WHERE unit.id = tree.id AND unit.path <> tree.path RETURNING unit.id
""")


def settle_paths(roots: Collection[int]) -> list[int]:
    """Write anew the paths of these units and of everything below them, retired ones included; the units whose path is
    another now. The units above the roots must be right, and there must be no loop."""
    db.session.flush()
    changed = list(db.session.scalars(_SETTLE, {"roots": list(roots), "city": current_city()}))
    for known in db.session.identity_map.values():
        if isinstance(known, Unit):
            db.session.expire(known, ["path"])
    return changed
