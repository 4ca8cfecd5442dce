"""Every table of the portal is known as soon as the app is: its module is a feature's."""

from __future__ import annotations

from portal.features import FEATURES
from portal.kernel.db import Base

OF_THE_KERNEL = "portal.kernel."


def test_every_table_is_in_the_models_of_a_feature() -> None:
    given = {module.__name__ for feature in FEATURES for module in feature.models}
    homes = {mapper.class_.__module__ for mapper in Base.registry.mappers if mapper.class_.__module__.startswith("portal.")}
    lost = [
        home for home in homes if not home.startswith(OF_THE_KERNEL) and not any(f"{home}.".startswith(f"{one}.") for one in given)
    ]
    assert homes and not lost
