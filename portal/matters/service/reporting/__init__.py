"""The closing report, in rooms: `document`, `drafting`, `signing`."""

from portal.matters.service.reporting.document import (
    heading_of,
    report_series,
    seats_of,
)
from portal.matters.service.reporting.drafting import for_drafter, may_begin, open_draft, save_draft
from portal.matters.service.reporting.signing import SUBMIT_REPORT, drafters_now, recall, send_back, sign, submit_report

__all__ = [
    "SUBMIT_REPORT",
    "drafters_now",
    "for_drafter",
    "heading_of",
    "may_begin",
    "open_draft",
    "recall",
    "report_series",
    "save_draft",
    "seats_of",
    "send_back",
    "sign",
    "submit_report",
]
