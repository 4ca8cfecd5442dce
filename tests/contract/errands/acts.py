"""Who may do what: the acts of errands."""

from __future__ import annotations

from portal.access.predicates import supervision
from portal.kernel.language import _l
from portal.matters.predicates import is_handler
from portal.registry.acts import About, Act

REGISTER = Act("errands.register", _l("登记小事"), rows=((supervision,),), about=About.NOTHING)
HAND_IN = Act("errands.hand_in", _l("交差"), rows=((is_handler,),))
