"""A workbook's paper is the same as the register's however it is written, its document number too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from portal.kernel import clock
from tests.instructions.test_importing import TODAY, row, upload
from tests.world import World

TITLE, NUMBER = "关于农村饮水的情况反映", "市委办〔2026〕9号"
SAID = {"批示领导": "张书记", "批示日期": TODAY - timedelta(days=4), "来文标题": TITLE, "来文字号": NUMBER}
OTHERWISE = SAID | {"来文标题": "关于“农村饮水”的 情况反映", "来文字号": "市委办[2026] ９号"}


@pytest.fixture(autouse=True)
def _that_day() -> Iterator[None]:
    with clock.set_to(clock.at(TODAY, 10)):
        yield


def _there(world: World, *, confidential: bool = False, title: str = TITLE) -> str:
    received = TODAY - timedelta(days=3)
    return world.matter(world.register(confidential=confidential, title=title, document_number=NUMBER, received_on=received)).number


@pytest.mark.parametrize("confidential", [False, True])
def test_I49_the_same_one_written_otherwise_is_registered_already(world: World, confidential: bool) -> None:
    number = _there(world, confidential=confidential)
    _id, judged = upload(world, row(**OTHERWISE))
    assert [(fault.why, fault.number) for fault in judged.faults if not fault.warning] == [("已登记过同一件：", number)]
    assert not judged.good


def test_I60_an_equal_document_number_is_worth_a_look_however_it_is_written(world: World) -> None:
    number = _there(world, title="关于城市饮水的情况反映")
    _id, judged = upload(world, row(**OTHERWISE))
    assert [(fault.why, fault.number) for fault in judged.faults] == [("此字号已用于：", number)]
    assert len(judged.good) == 1


def test_the_number_of_a_confidential_one_is_not_told(world: World) -> None:
    _there(world, confidential=True, title="关于城市饮水的情况反映")
    _id, judged = upload(world, row(**OTHERWISE))
    assert not judged.faults


def test_another_day_or_level_is_another_instruction(world: World) -> None:
    _there(world)
    _id, judged = upload(world, row(**OTHERWISE | {"批示来源": "省"}), row(**OTHERWISE | {"批示日期": TODAY - timedelta(days=5)}))
    assert len(judged.good) == 2
    assert {fault.why for fault in judged.faults} == {"此字号已用于："}


def test_the_same_one_twice_in_a_workbook_stays_once(world: World) -> None:
    _id, judged = upload(world, row(**SAID), row(**OTHERWISE), row(**OTHERWISE | {"来文标题": "另一件"}))
    assert [fault.why for fault in judged.faults] == ["与第 2 行是同一件", "字号与第 2 行相同"]
    assert [one.row for one in judged.good] == [2, 4]
