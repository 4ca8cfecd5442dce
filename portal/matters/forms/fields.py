"""Fields that forms on a matter share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import (
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional

from portal.kernel.language import _l

DAYS = ["%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d", "%Y.%m.%d"]
MOST_WORDS = 2000
MOST_BODY = 50_000


def choices(labels: Mapping[str, Any]) -> list[SelectChoice]:
    """What may be chosen, each with its label."""
    return [SelectChoice(value, label) for value, label in labels.items()]


def words_field(label: Any, *, required: bool = True, most: int = MOST_WORDS) -> TextAreaField:
    """A field for words."""
    rule = InputRequired(_l("请填写")) if required else Optional()
    return TextAreaField(label, [rule, Length(max=most)])
