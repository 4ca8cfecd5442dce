"""What papers bring into the portal."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.papers import acts, models
from portal.papers.seats import STEP_LABELS
from portal.registry.feature import Feature
from portal.registry.journal import Journal, words

FEATURE = Feature(
    name="papers",
    models=(models,),
    acts=(acts.SIGN,),
    entries=words(1001, {**STEP_LABELS, "send_back": _l("送签退回"), "recall": _l("撤回修改")}),
    journal=Journal(
        acts=(
            *words(60, {"step_reached": _l("轮到签批"), "seat_filled": _l("签批岗位补缺")}),
            *words(200, {"seat_vacant": _l("签批岗位空缺")}),
        )
    ),
)
