"""What lies on the disk is what a record names: papers that were refused or dropped leave nothing behind."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from portal.commands.files import files
from portal.matters.service import attaching
from portal.vault.files import FileStore
from tests.world import World


@pytest.fixture
def directory(world: World, tmp_path: Path) -> Iterator[Path]:
    """This test's own directory of files."""
    before = attaching._files()
    attaching.configure(FileStore(tmp_path / "files"))
    yield tmp_path / "files"
    attaching.configure(before)


def attach(world: World, matter_id: UUID, *papers: tuple[bytes, str]) -> Any:
    browser = world.browser("city.supervisor")
    data = {
        "csrf_token": world.token(browser),
        "version": world.matter(matter_id).version,
        "attachments": [(io.BytesIO(content), name) for content, name in papers],
    }
    return browser.post(world.url(f"matters/{matter_id}/attach"), data=data, content_type="multipart/form-data")


def test_one_unfit_paper_among_several_keeps_none_of_them(world: World, directory: Path) -> None:
    matter_id = world.register()
    assert attach(world, matter_id, ("甲".encode(), "甲.txt"), (b"MZ", "乙.exe")).status_code == 422
    assert list(directory.iterdir()) == []
    assert attach(world, matter_id, ("甲".encode(), "甲.txt"), ("乙".encode(), "乙.txt")).status_code == 303
    assert len(list(directory.iterdir())) == 2


def test_a_paper_taken_off_a_draft_is_taken_off_the_disk(world: World, directory: Path) -> None:
    matter_id = world.at_work()
    browser = world.browser("health.handler")
    token = world.token(browser)
    browser.post(world.url(f"matters/{matter_id}/report/begin"), data={"csrf_token": token})
    words = {"csrf_token": token, "title": "报告", "addressee": "市委", "text": "正文", "go": "save"}
    address = world.url(f"matters/{matter_id}/report")
    browser.post(address, data=words | {"attachments": (io.BytesIO("表".encode()), "表.txt")}, content_type="multipart/form-data")
    assert len(list(directory.iterdir())) == 1
    page = browser.get(address).get_data(as_text=True)
    dropped = page.partition('name="drop" value="')[2][:36]
    assert browser.post(address, data=words | {"drop": dropped}).status_code == 303
    assert list(directory.iterdir()) == []


def test_the_operator_removes_what_no_city_names(world: World, new_world: Callable[[], World], directory: Path) -> None:
    for one in (world, new_world()):
        assert attach(one, one.register(), ("甲".encode(), "甲.txt")).status_code == 303
    named = {path.name for path in directory.iterdir()}
    old, young = (FileStore(directory).store(io.BytesIO(b"x"), "attachment:1").name for _ in range(2))
    for name in (*named, old):
        os.utime(directory / name, (time.time() - 2 * 24 * 3600,) * 2)
    said = world.app.test_cli_runner().invoke(files, args=["tidy"])
    assert said.output.startswith("1 removed"), said.output
    assert {path.name for path in directory.iterdir()} == {*named, young}
