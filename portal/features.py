"""Everything the portal consists of, from the ground up: one line a feature. Nobody but `app` reads it."""

from __future__ import annotations

from portal.access.feature import FEATURE as access
from portal.audit.feature import FEATURE as audit
from portal.bylaws.feature import FEATURE as bylaws
from portal.collections.feature import FEATURE as collections
from portal.deadlines.feature import FEATURE as deadlines
from portal.documents.feature import FEATURE as documents
from portal.duty.feature import FEATURE as duty
from portal.identity.feature import FEATURE as identity
from portal.importing.feature import FEATURE as importing
from portal.instructions.feature import FEATURE as instructions
from portal.liaisons.feature import FEATURE as liaisons
from portal.matters.feature import FEATURE as matters
from portal.network.feature import FEATURE as network
from portal.notify.feature import FEATURE as notify
from portal.officers.feature import FEATURE as officers
from portal.overview.feature import FEATURE as overview
from portal.papers.feature import FEATURE as papers
from portal.registry.feature import Feature
from portal.staffing.feature import FEATURE as staffing
from portal.web.feature import FEATURE as web

FEATURES: tuple[Feature, ...] = (
    access,
    audit,
    deadlines,
    documents,
    web,
    identity,
    importing,
    network,
    notify,
    staffing,
    bylaws,
    collections,
    duty,
    papers,
    matters,
    instructions,
    liaisons,
    officers,
    overview,
)
