"""The journal's words, registered by whoever writes them: one owner each, and old rows keep theirs."""

from __future__ import annotations

import pytest

from portal.access.roles import Role
from portal.features import FEATURES
from portal.kernel.language import _l
from portal.registry.feature import Feature, refuse_contradictions, refuse_dead_ends
from portal.registry.journal import ACTS, ENTRIES, FACTS, Fact, Journal, Subject, Told, Word, entry_words
from portal.registry.registered import Unregistrable

RUNG = _l("已办结")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (Journal(acts=(Word("sign_in", RUNG, 1),)), "bells: the act of the journal sign_in is registered by identity already"),
        (Journal(acts=(Word("close", RUNG, 1),)), "bells: the act of the journal close is registered by matters already"),
        (Journal(subjects=(Subject("unit", RUNG, 1),)), "bells: the subject of the journal unit is registered by network already"),
        (Journal(facts=(Fact("count", RUNG),)), "bells: the fact of the journal count is registered by identity already"),
    ],
)
def test_a_word_that_another_feature_writes_is_refused(given: Journal, why: str) -> None:
    # Last, so that it is the newcomer who is named, whichever floor it stands on.
    with pytest.raises(Unregistrable) as refusal:
        refuse_contradictions((*FEATURES, Feature(name="bells", journal=given)))
    assert str(refusal.value) == why


def test_who_tells_of_a_move_names_one_that_there_is() -> None:
    bells = Feature(name="bells", journal=Journal(told=(Told("rung", "ring"),)))
    with pytest.raises(Unregistrable, match="bells: the act of telling in the journal rung tells of ring, which is no act"):
        refuse_dead_ends([bells], set(), set(Role))


def test_the_auditors_list_knows_the_entries_too_and_what_only_old_rows_say() -> None:
    assert {entry.name for entry in ENTRIES} < {act.name for act in ACTS}
    assert ACTS["step_passed_on"].formerly and FACTS["merged_into_id"].formerly
    assert [act.order for act in ACTS] == sorted(act.order for act in ACTS)


def test_an_entry_without_a_name_keeps_its_code() -> None:
    assert entry_words("gossiped") == "gossiped"
