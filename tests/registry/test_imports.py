"""The kinds of workbook that can be imported: each under one name in the whole portal, with words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.features import FEATURES
from portal.instructions.previews import IMPORT
from portal.registry.feature import Feature, refuse_contradictions
from portal.registry.imports import IMPORTS
from portal.registry.registered import Unregistrable


def test_the_imports_are_registered() -> None:
    assert set(IMPORTS.names) == {"instructions", "units", "posts"}


def test_what_was_judged_of_one_import_is_never_taken_for_another() -> None:
    with pytest.raises(Unregistrable, match="bells: the kind of workbook instructions is registered by instructions already"):
        refuse_contradictions((*FEATURES, Feature(name="bells", imports=(IMPORT,))))
    with pytest.raises(Unregistrable, match="bells: a kind of workbook has no name"):
        refuse_contradictions((*FEATURES, Feature(name="bells", imports=(replace(IMPORT, name=""),))))
