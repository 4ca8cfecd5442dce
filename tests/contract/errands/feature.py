"""The one value."""

from __future__ import annotations

from pathlib import Path

from portal.kernel.language import _l
from portal.matters.acts import READ_REGISTER
from portal.registry.feature import Feature
from portal.registry.journal import Journal, words
from portal.registry.messages import Group, MessageKind
from portal.registry.navigation import Section
from tests.contract.errands import acts, models, routes
from tests.contract.errands.imported import IMPORT
from tests.contract.errands.kind import KIND

FEATURE = Feature(
    name="errands",
    blueprint=routes.blueprint,
    models=(models,),
    kinds=(KIND,),
    acts=(acts.REGISTER, acts.HAND_IN),
    messages=(MessageKind("errand_handed_in", Group.REVIEW, _l("小事已交差，请审核")),),
    entries=words(2000, {"hand_in": _l("交差")}),
    journal=Journal(acts=words(2001, {"import_errands": _l("导入小事")})),
    sections=(Section("errands.errands_list", _l("小事登记表"), "register", READ_REGISTER, order=25),),
    imports=(IMPORT,),
    translations=Path(__file__).parent / "translations",
)
