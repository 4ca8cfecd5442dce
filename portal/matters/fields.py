"""The fields of a registration by the names that entries and messages say when one of them was corrected."""

from __future__ import annotations

from portal.kernel.language import _l

FIELDS = {
    "source_level": _l("批示来源"),
    "urgency": _l("紧急程度"),
    "instructed_on": _l("批示日期"),
    "received_on": _l("收到日期"),
    "title": _l("来文标题"),
    "text": _l("批示内容"),
    "leader": _l("批示领导"),
    "leader_id": _l("领导岗位"),
    "document_number": _l("来文字号"),
    "requirement": _l("办理要求"),
    "lead_unit_id": _l("主办单位"),
    "co_units": _l("协办单位"),
    "due_on": _l("办理期限"),
}
