"""The language of what is shown: message ids are the official Chinese wording, English is the one catalogue."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext as _n

__all__ = ["_", "_l", "_n"]

LANGUAGES = {"zh": "中文", "en": "English"}
DEFAULT = "zh"
