"""Who may do what: the acts of bylaws."""

from __future__ import annotations

from portal.access.predicates import heads_the_citys_office, secretariat_of_the_city
from portal.kernel.language import _l
from portal.registry.acts import About, Act

KEEP_RULES = Act("keep_rules", _l("维护督办规则"), rows=((heads_the_citys_office,),), about=About.NOTHING)
KEEP_CALENDAR = Act("keep_calendar", _l("维护工作日历"), rows=((secretariat_of_the_city,),), about=About.NOTHING)
