"""The words by which units are found, made anew as the triggers on `unit` keep them."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import delete, text

from portal.kernel.db import db
from portal.network.models import UnitWord

_WRITE = text("""
INSERT INTO unit_word (city_id, unit_id, place, tail)
SELECT u.city_id, u.id, unit_place(u.level, u.kind, u.retired_on IS NOT NULL, t.inside), t.tail
FROM unit u CROSS JOIN LATERAL unit_tails(u.name, u.short_name, u.code, u.pinyin) t
""")


def rebuild_words() -> int:
    """Write the words of the session's city anew; how many there are. Does not commit."""
    db.session.execute(delete(UnitWord).execution_options(synchronize_session=False))
    return int(cast("Any", db.session.execute(_WRITE)).rowcount)
