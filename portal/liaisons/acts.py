"""Who may do what: the acts of liaisons."""

from __future__ import annotations

from portal.access.predicates import keeps_unit
from portal.kernel.language import _l
from portal.registry.acts import About, Act
from portal.staffing.predicates import directs_unit, leads_unit

NOMINATE = Act("nominate", _l("推荐联络员"), rows=((directs_unit,), (leads_unit,), (keeps_unit,)), about=About.NETWORK)
