"""Who may do what: the acts of instructions."""

from __future__ import annotations

from portal.access.predicates import supervision
from portal.kernel.language import _l
from portal.registry.acts import About, Act

REGISTER = Act("register", _l("登记批示件"), rows=((supervision,),), about=About.NOTHING)
