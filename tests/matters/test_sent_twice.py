"""One form sent by many hands at one moment: one effect, everybody else is told what changed; never a fault of ours."""

from __future__ import annotations

import io
import threading
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from portal.access.actor import SYSTEM
from portal.access.visibility import as_seen_by
from portal.kernel.db import db
from portal.matters.models import Attachment, Entry, Extension, Matter
from tests.world import World

AT_ONCE = 6


def send_at_once(
    world: World, person: str, path: str, data: dict[str, Any], files: dict[str, tuple[bytes, str]] | None = None
) -> Counter[int]:
    """The statuses that answer this person's form when it is sent several times at the same moment."""
    first = world.browser(person)
    token, cookie = world.token(first), first.get_cookie("duban")
    assert cookie is not None
    gate, answers = threading.Barrier(AT_ONCE), Counter[int]()

    def send() -> None:
        browser = world.app.test_client()
        browser.set_cookie("duban", cookie.value)
        typed = {"csrf_token": token, **data, **{n: (io.BytesIO(b), name) for n, (b, name) in (files or {}).items()}}
        gate.wait()
        answers[browser.post(world.url(path), data=typed, content_type="multipart/form-data").status_code] += 1

    hands = [threading.Thread(target=send) for _ in range(AT_ONCE)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    return answers


def _count(world: World, model: Any, *which: Any) -> int:
    with world.work():
        return db.session.scalar(select(func.count(model.id)).where(*which).options(as_seen_by(SYSTEM))) or 0


def _once(world: World, answers: Counter[int]) -> None:
    assert answers == {303: 1, 409: AT_ONCE - 1}


@pytest.mark.parametrize(
    ("person", "act", "kind", "words"),
    [
        ("city.supervisor", "urge", "urge", "请抓紧"),
        ("city.leader", "instruct-again", "instruct_again", "再研究"),
        ("finance.liaison", "co-progress", "co_progress", "资金已拨付"),
    ],
    ids=["urged", "instructed-again", "written-by-a-co-unit"],
)
def test_an_act_that_moves_nothing_is_done_once(world: World, person: str, act: str, kind: str, words: str) -> None:
    matter_id = world.name_handler(world.assign(world.register(), co=("finance",)))
    data = {"version": world.matter(matter_id).version, "words": words}
    _once(world, send_at_once(world, person, f"matters/{matter_id}/{act}", data))
    assert _count(world, Entry, Entry.record_id == matter_id, Entry.kind == kind) == 1
    assert world.matter(matter_id).urges == (act == "urge")


def test_a_unit_is_forwarded_to_once(world: World) -> None:
    matter_id = world.assign(world.register(), to="county")
    data = {"version": world.matter(matter_id).version, "units": "桥头镇"}
    _once(world, send_at_once(world, "county.liaison", f"matters/{matter_id}/forward", data))
    assert _count(world, Matter, Matter.parent_id == matter_id) == 1


def test_a_unit_named_twice_by_different_names_is_forwarded_to_once(world: World) -> None:
    matter_id = world.assign(world.register(), to="county")
    browser = world.browser("county.liaison")
    data = {"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "units": "桥头镇；330324101"}
    assert browser.post(world.url(f"matters/{matter_id}/forward"), data=data).status_code == 303
    assert _count(world, Matter, Matter.parent_id == matter_id) == 1


def test_another_reviewer_is_named_once(world: World) -> None:
    matter_id = world.assign(world.register(confidential=True), handler="health.handler")
    data = {"version": world.matter(matter_id).version, "handler": world.posts["city.head"]}
    _once(world, send_at_once(world, "city.head", f"matters/{matter_id}/name-reviewer", data))
    assert _count(world, Entry, Entry.record_id == matter_id, Entry.kind == "name_reviewer") == 1


def test_more_time_is_asked_for_and_granted_once(world: World) -> None:
    matter_id = world.at_work()
    until = (world.matter(matter_id).due_on + timedelta(days=3)).isoformat()
    asking = {"version": world.matter(matter_id).version, "due_on": until, "reason": "工程未完", "progress": "已完成八成"}
    _once(world, send_at_once(world, "health.handler", f"matters/{matter_id}/extension", asking))
    granting = {"version": world.matter(matter_id).version, "granted": "yes"}
    _once(world, send_at_once(world, "city.head", f"matters/{matter_id}/extension-decision", granting))
    assert _count(world, Extension, Extension.record_id == matter_id) == 1


def test_a_paper_is_added_once_and_never_after_the_end(world: World) -> None:
    matter_id = world.register()
    data, paper = {"version": world.matter(matter_id).version}, {"attachments": ("领导批示".encode(), "批示.txt")}
    _once(world, send_at_once(world, "city.supervisor", f"matters/{matter_id}/attach", data, paper))
    browser = world.browser("city.supervisor")
    ended = {"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "reason": "重复登记"}
    assert browser.post(world.url(f"matters/{matter_id}/withdraw"), data=ended).status_code == 303
    answer = browser.post(
        world.url(f"matters/{matter_id}/attach"),
        content_type="multipart/form-data",
        data={
            "csrf_token": world.token(browser),
            "version": world.matter(matter_id).version,
            "attachments": (io.BytesIO(b"x"), "x.txt"),
        },
    )
    assert answer.status_code == 422
    assert "不能再加附件" in answer.get_data(as_text=True)
    assert _count(world, Attachment, Attachment.record_id == matter_id) == 1


def test_the_second_of_two_clicks_in_turn_is_told_so_too(world: World) -> None:
    matter_id: UUID = world.name_handler(world.assign(world.register()))
    browser = world.browser("city.supervisor")
    data = {"csrf_token": world.token(browser), "version": world.matter(matter_id).version, "words": "请抓紧"}
    answers = [browser.post(world.url(f"matters/{matter_id}/urge"), data=data) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "请抓紧" in answers[1].get_data(as_text=True)
    assert "催办" in answers[1].get_data(as_text=True)
