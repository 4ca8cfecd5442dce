"""Each test of the contract is put to every kind of matter that there is, with its sample, in the small named world."""

from __future__ import annotations

import pytest

from portal.matters.kinds import MatterKind, matter_kinds
from portal.registry.kinds import KINDS
from tests.contract.samples import SAMPLES, Sample
from tests.world import new_world, world

__all__ = ["new_world", "world"]

if "errand" not in KINDS:  # what a further kind brings of its own is looked at where it stands beside the portal's
    collect_ignore = ["errands"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for `kind` is asked of each kind; with `confidential`, of an open one and, where there can be any, of a
    confidential one; `sealed` are the kinds of which there can be. Of a kind without a sample `test_kind_chain` says so."""
    kinds = [kind for kind in matter_kinds() if kind.name in SAMPLES]
    if "confidential" in metafunc.fixturenames:
        both = [(kind, sealed) for kind in kinds for sealed in (False, True) if kind.may_be_confidential or not sealed]
        ids = [f"{kind.name}-{'confidential' if sealed else 'open'}" for kind, sealed in both]
        metafunc.parametrize(("kind", "confidential"), both, ids=ids)
    elif "sealed" in metafunc.fixturenames:
        metafunc.parametrize("sealed", [kind for kind in kinds if kind.may_be_confidential], ids=lambda kind: kind.name)
    elif "kind" in metafunc.fixturenames:
        metafunc.parametrize("kind", kinds, ids=[kind.name for kind in kinds])


@pytest.fixture
def sample(kind: MatterKind) -> Sample:
    """What the kind says of a life of one of its matters."""
    return SAMPLES[kind.name]
