"""What became of each row of a bulk act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, url_for

from portal.instructions.previews import Outcome
from portal.kernel.language import _
from portal.web.responses import page


@dataclass(frozen=True, slots=True)
class _Row:
    label: str
    url: str
    outcome: str
    ok: bool
    why: str


def outcomes(title: str, found: Sequence[Outcome]) -> Response:
    """A bulk 交办, row by row: how many were assigned, and why the others were not."""
    rows = [_Row(one.number, url_for("matters.matter", matter_id=one.matter_id), one.outcome, one.ok, one.why) for one in found]
    return page(
        "instructions/import_done.html",
        title=title,
        name=None,
        imported=sum(row.ok for row in rows),
        left=sum(not row.ok for row in rows),
        done_words=_("件已交办"),
        left_words=_("件未交办"),
        rows=rows,
        above_url=url_for("instructions.register_list"),
    )
