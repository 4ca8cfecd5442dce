"""What changed between two drafts: nothing lost, nothing made up, and readable."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.papers.comparison import compare, counted

OLD = "一、核查的事实\n反映的情况属实。\n二、措施\n已明确责任人，于11月20日完成整改。\n三、结果\n整改到位。"
NEW = (
    "一、核查的事实\n经现场核查，反映的情况属实。\n二、措施\n已明确责任人，于11月28日完成整改。今后每月抽查。\n四、结果\n整改到位。"
)


def drawn(old: str, new: str) -> list[str]:
    marks = {"same": "{}", "ins": "[+{}]", "del": "[-{}]"}
    return ["".join(marks[kind].format(text) for kind, text in paragraph.runs) for paragraph in compare(old, new)]


def test_changes_stand_where_they_were_made() -> None:
    assert drawn(OLD, NEW) == [
        "一、核查的事实",
        "[+经现场核查，]反映的情况属实。",
        "二、措施",
        "已明确责任人，于11月[-20][+28]日完成整改。[+今后每月抽查。]",
        "[-三][+四]、结果",
        "整改到位。",
    ]
    assert [paragraph.changed for paragraph in compare(OLD, NEW)] == [False, True, False, True, True, False]
    assert counted(compare(OLD, NEW)) == {"ins": 6 + 2 + 7 + 1, "del": 2 + 1}


def test_another_sentence_is_no_patchwork_of_the_old_one() -> None:
    assert drawn("市民反映的问题已全部整改完毕。", "我们正在制定新的工作方案。") == [
        "[-市民反映的问题已全部整改完毕。]",
        "[+我们正在制定新的工作方案。]",
    ]


def test_blank_lines_and_blanks_at_the_ends_are_no_change() -> None:
    assert not any(paragraph.changed for paragraph in compare("甲。\n\n　乙。 \n", "甲。\r\n乙。"))
    assert compare("", "") == []


TEXTS = st.text("甲乙丙，。；\n12", max_size=60)


@given(TEXTS, TEXTS)
def test_both_drafts_can_be_read_off_the_comparison(old: str, new: str) -> None:
    runs = [run for paragraph in compare(old, new) for run in paragraph.runs]
    assert "".join(text for kind, text in runs if kind != "del") == new.replace("\n", "")
    assert "".join(text for kind, text in runs if kind != "ins") == old.replace("\n", "")


@pytest.mark.parametrize(
    ("old", "new"), [("的" * 50_000, "的" * 49_999), ("。\n" * 25_000, "，\n" * 25_000), ("甲，乙。" * 12_500, "乙，丙。" * 12_500)]
)
def test_the_longest_text_that_repeats_itself_is_compared_at_once(old: str, new: str) -> None:
    begun = time.process_time()
    compare(old, new)
    assert time.process_time() - begun < 5
