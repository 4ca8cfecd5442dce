"""Two spellings that fold alike are the same; the database folds as Python does."""

from __future__ import annotations

import unicodedata

import pytest
from flask import Flask
from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT

from portal.kernel.db import db
from portal.kernel.text import folded


@pytest.mark.parametrize(
    "spellings",
    [
        (
            "温督〔2026〕92号",
            "温督[2026]92号",
            "温督（２０２６）９２号",
            "温督【2026】 92 号",
            "温督﹝2026﹞92號".replace("號", "号"),
        ),
        ("买买提·依明", "买买提・依明", "买买提•依明", "买买提‧依明", "买买提･依明", "买买提 依明", "买买提　依明", "买买提⋅依明"),
        ("abc-12", "ＡＢＣ－１２", "Abc 12"),
    ],
)
def test_what_is_written_differently_and_meant_alike(spellings: tuple[str, ...]) -> None:
    assert len({folded(one) for one in spellings}) == 1


def test_the_database_folds_as_python_does(app: Flask) -> None:
    """Every character of the plane that people type; but for the Turkish İ, whose small form depends on who is asked."""
    known = [chr(point) for point in range(1, 0x10000) if unicodedata.category(chr(point)) not in ("Cn", "Cs", "Co", "Mn")]
    with app.app_context(), db.engine.connect() as connection:
        said = connection.execute(select(func.folded(func.unnest(cast(known, ARRAY(TEXT)))))).scalars().all()
    different = [
        f"{ord(c):04x} {folded(c)!r} {told!r}" for c, told in zip(known, said, strict=True) if folded(c) != told and c != "İ"
    ]
    assert not different
