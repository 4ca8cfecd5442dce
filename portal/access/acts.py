"""Acts that belong to nobody's feature: what every page may ask for."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.acts import ANYONE, About, Act

OPEN_TO_ALL = Act("open_to_all", _l("打开公开页面"), rows=ANYONE, about=About.OPEN, reading=True)
SIGNED_IN = Act("signed_in", _l("登录后使用"), rows=ANYONE, about=About.OPEN, reading=True)
