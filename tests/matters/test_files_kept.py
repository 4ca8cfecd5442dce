"""What lies on the disk is what a record names: papers that were refused or dropped leave nothing behind."""

from __future__ import annotations

import io
import os
import re
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.app import check_ready, create_app
from portal.config import Settings
from portal.kernel.db import db
from portal.matters.commands import files
from portal.matters.models import Attachment
from portal.matters.service import attaching
from portal.vault.files import FileStore
from tests.conftest import Database
from tests.local.test_bad_starts import disk
from tests.world import World, make_world


@pytest.fixture(scope="module")
def new_world(new_database: Callable[[str], Database], redis_url: str, keys: dict[str, str]) -> Iterator[Callable[[], World]]:
    """Worlds of a database of their own: the operator's commands go through every city there is."""
    addresses = {"DATABASE_URL": new_database("files").app_url, "REDIS_URL": redis_url}
    portal = check_ready(create_app(Settings.from_environment(keys | addresses), TESTING=True))
    numbers = count(1)
    yield lambda: make_world(portal, f"files-{next(numbers)}")
    with portal.app_context():
        db.engine.dispose()


@pytest.fixture
def world(new_world: Callable[[], World]) -> World:
    """This test's own."""
    return new_world()


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


def test_what_records_promise_is_held_against_the_disk(world: World, directory: Path) -> None:
    """A file that is gone, cut or of another key is a sentence for its reader, a line for the system administrator and one of
    `flask files check`; so is a directory that is not there."""
    matter_id = world.register()
    assert attach(world, matter_id, *((text.encode(), f"{text}.txt") for text in "甲乙丙丁")).status_code == 303
    health, run = world.browser("city.system"), world.app.test_cli_runner()
    assert "齐全" in line_of(health.get(world.url("officers/health")).get_data(as_text=True))
    whole = run.invoke(files, args=["check"])
    assert "records: " in whole.output and f"{world.slug}  " not in whole.output
    with world.work():
        wanted = select(Attachment).where(Attachment.record_id == matter_id).options(as_seen_by(SYSTEM))
        rows = {row.name: (row.id, directory / row.stored_name) for row in db.session.scalars(wanted)}
    rows["甲.txt"][1].unlink()
    rows["乙.txt"][1].write_bytes(rows["乙.txt"][1].read_bytes()[:-3])
    sealed = bytearray(rows["丙.txt"][1].read_bytes())
    sealed[2] ^= 1
    rows["丙.txt"][1].write_bytes(sealed)  # a key that is not at hand
    (directory / ("0" * 32)).touch()
    reader = world.browser("city.supervisor")
    for name, (attachment_id, _path) in rows.items():
        answer = reader.get(world.url(f"attachments/{attachment_id}"))
        said = answer.get_data(as_text=True)
        assert (answer.status_code, "这份文件读不到了" in said) == ((200, False) if name == "丁.txt" else (410, True)), name
    assert "缺 1 份" in line_of(health.get(world.url("officers/health")).get_data(as_text=True))
    said = run.invoke(files, args=["check"])
    assert said.exit_code == 1
    assert f"{world.slug}  missing  {rows['甲.txt'][1].name}\n{world.slug}  damaged  {rows['乙.txt'][1].name}\n" in said.output
    assert f"no record  {'0' * 32}\n" in said.output

    directory.rename(directory.with_name("unmounted"))
    answer = attach(world, matter_id, ("戊".encode(), "戊.txt"))
    assert answer.status_code == 422 and "服务器存放文件的目录现在不能写入" in answer.get_data(as_text=True)
    assert reader.get(world.url(f"attachments/{rows['丁.txt'][0]}")).status_code == 410
    assert "缺 4 份" in line_of(health.get(world.url("officers/health")).get_data(as_text=True))
    assert "cannot be written" in run.invoke(files, args=["check"]).output
    assert run.invoke(files, args=["tidy"]).exit_code == 1


def test_a_directory_that_is_read_only_takes_nothing_and_says_so(world: World, directory: Path) -> None:
    matter_id = world.register()
    with disk(directory, 400, "ro"):
        answer = attach(world, matter_id, ("甲".encode(), "甲.txt"))
        assert answer.status_code == 422 and "服务器存放文件的目录现在不能写入" in answer.get_data(as_text=True)
        page = world.browser("city.system").get(world.url("officers/health")).get_data(as_text=True)
        assert "只读" in line_of(page)
    assert attach(world, matter_id, ("甲".encode(), "甲.txt")).status_code == 303


def line_of(page: str) -> str:
    """What the console says of the uploaded files."""
    found = re.search(r"<strong>上传的文件</strong>.*?</tr>", page, re.S)
    assert found is not None
    return found[0]
