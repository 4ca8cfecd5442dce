"""The file of what was kept, and the differences from it in words."""

from __future__ import annotations

from pathlib import Path

from tests.likeness import keeping

ITEMS = {
    "matter 温督〔2026〕1号": {"state": "closed", "due_on": "2026-07-30", "version": "12"},
    "entry 温督〔2026〕1号 2026-07-03T09:00 progress": {"words": "已召开专题会议，研究具体办法，明确责任分工和时限。"},
    "page city.ducha /instructions?page=2": {"answer": "200", "text": "<h1>台账</h1>\n<p>甲</p>\n<p>乙</p>"},
    "person nobody": {},
}


def test_what_is_written_is_read_as_it_was_in_one_line_an_item(tmp_path: Path) -> None:
    keeping.write(tmp_path / "kept" / "city.txt", ITEMS)
    assert keeping.read(tmp_path / "kept" / "city.txt") == keeping.digests(ITEMS)
    lines = (tmp_path / "kept" / "city.txt").read_text().splitlines()
    assert len(lines) == len(ITEMS)
    assert "matter 温督〔2026〕1号\tdue_on=2026-07-30 state=closed version=12" in lines
    assert not any("专题" in line for line in lines)
    assert not keeping.read(tmp_path / "none.txt")


def test_texts_are_kept_beside_it(tmp_path: Path) -> None:
    keeping.write_texts(tmp_path / "texts.json.gz", ITEMS)
    assert keeping.read_texts(tmp_path / "texts.json.gz") == ITEMS
    assert not keeping.read_texts(tmp_path / "none.json.gz")


def test_values_that_could_be_taken_for_others_are_digests() -> None:
    for value in ("a=b", "~abcdef", "甲 乙", "", "x" * 21):
        assert keeping.digest(value).startswith("~"), value
    assert len({keeping.digest(str(10**20 + number)) for number in range(20_000)}) == 20_000


def _said(now: dict[str, dict[str, str]], texts: dict[str, dict[str, str]] | None = None) -> list[str]:
    return list(keeping.differences(keeping.digests(ITEMS), ITEMS | now, ITEMS if texts is None else texts))


def test_alike_says_nothing() -> None:
    assert not _said({})


def test_a_line_of_a_page_is_shown_as_it_was_and_is() -> None:
    page = "page city.ducha /instructions?page=2"
    now = {page: {"answer": "200", "text": "<h1>台账</h1>\n<p>乙</p>\n<p>甲</p>"}}
    said = _said(now)
    assert said[0] == f"~ {page}: text"
    assert "    -<p>甲</p>" in said or "    -<p>乙</p>" in said
    without = _said(now, {})
    assert without[0] == said[0] and "is not here" in without[1]
    stale = _said(now, {page: {"text": "of another run\n"}})
    assert stale == without


def test_what_changes_alike_on_many_pages_is_shown_once_and_each_page_named() -> None:
    one, other = ITEMS["page city.ducha /instructions?page=2"], {"answer": "200", "text": "<p>丙</p>\n<p>甲</p>\n<p>乙</p>"}
    former = {"page a": one, "page b": other, "page c": other}
    now = {name: {**page, "text": page["text"].replace("甲", "丁")} for name, page in former.items()}
    said = list(keeping.differences(keeping.digests(former), now, former))
    assert [line for line in said if line.startswith("~")] == [
        "~ page a: text",
        "~ page b: text, as page a",
        "~ page c: text, as page a",
    ]
    assert sum("+<p>丁</p>" in line for line in said) == 1


def test_a_column_that_comes_or_goes_and_an_item_that_does_are_named() -> None:
    assert _said({"person nobody": {"email": "a@b.cn"}}) == ["~ person nobody: email", "    email: nothing -> a@b.cn"]
    less = {name: columns for name, columns in ITEMS.items() if name != "person nobody"}
    assert list(keeping.differences(keeping.digests(ITEMS), less, ITEMS)) == ["- person nobody"]
    assert _said({"person somebody": {}}) == ["+ person somebody"]
