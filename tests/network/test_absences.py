"""A person enters when he is away; impossible periods are refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient

from portal.kernel import clock
from portal.kernel.refusals import Invalid, Invisible
from portal.network.service.being_away import absences, be_away, end_absence, span_words
from tests.at_the_door import csrf_token
from tests.network.small_network import Network
from tests.network.test_delegations import sign_in

DAY = timedelta(days=1)


def test_an_absence_is_found_by_the_days_it_touches(network: Network) -> None:
    first = clock.today() + 3 * DAY
    made = be_away(network.actor("deputy"), first, first + 4 * DAY, "学习")
    who = [network.person("deputy").id]
    assert absences(who, first + 4 * DAY, first + 9 * DAY) == [made]
    assert absences(who, first + 5 * DAY, first + 9 * DAY) == []
    assert absences(who, clock.today(), first - DAY) == []
    end_absence(network.actor("deputy"), made.id)
    assert absences(who, first, first) == []


@pytest.mark.parametrize(
    ("start", "end", "field"), [(0, -1, "last_on"), (-9, -3, "last_on"), (0, 400, "last_on"), (2, 4, "from_on")]
)
def test_an_impossible_absence_is_refused(network: Network, start: int, end: int, field: str) -> None:
    be_away(network.actor("deputy"), clock.today() + 3 * DAY, clock.today() + 3 * DAY)
    with pytest.raises(Invalid) as refused:
        be_away(network.actor("deputy"), clock.today() + start * DAY, clock.today() + end * DAY)
    assert field in refused.value.fields


def test_nobody_ends_anothers_absence(network: Network) -> None:
    made = be_away(network.actor("deputy"), clock.today(), clock.today())
    with pytest.raises(Invisible):
        end_absence(network.actor("leader"), made.id)


def test_days_are_said_as_people_say_them(network: Network) -> None:
    actor = network.actor("deputy")
    with clock.set_to(clock.at(date(2026, 12, 1), 9)):
        assert span_words(be_away(actor, date(2026, 12, 3), date(2026, 12, 10))) == "12月3日至10日"
        assert span_words(be_away(actor, date(2026, 12, 30), date(2027, 1, 2))) == "12月30日至1月2日"
        assert span_words(be_away(actor, date(2026, 12, 20), date(2026, 12, 20))) == "12月20日"


def test_the_page_takes_an_absence_and_gives_it_back_when_refused(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "deputy")
    address = site.url("delegations")

    def send(path: str, **fields: str) -> tuple[int, str]:
        answer = client.post(site.url(path), data={"csrf_token": csrf_token(client, address), **fields})
        return answer.status_code, answer.get_data(as_text=True)

    first, last = clock.today().isoformat(), (clock.today() + DAY).isoformat()
    status, shown = send("absences", from_on=last, last_on=first, note="出差")
    assert status == 422 and "不能早于开始日期" in shown and "出差" in shown
    assert send("absences", from_on="", last_on=last)[0] == 422
    assert send("absences", from_on=first, last_on=last, note="出差")[0] == 303
    assert "取消外出" in client.get(address).get_data(as_text=True)
    assert send("absences/99999/end")[0] == 404
