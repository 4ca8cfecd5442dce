"""The tree, a unit's page and what pickers ask: for everybody but the officers, of one's own city alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from tests.network.small_network import Network
from tests.network.test_delegations import sign_in, sign_in_officer


def test_the_tree_is_read_a_level_at_a_time(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "leader")
    shown = client.get(site.url("network")).get_data(as_text=True)
    assert "清溪县" in shown
    assert "清溪县教育局" not in shown
    assert "下辖 4 个" in shown
    county = client.get(site.url(f"network/units/{site.unit_id('3301')}")).get_data(as_text=True)
    assert "清溪县教育局" in county
    bureau = client.get(site.url(f"network/units/{site.unit_id('3301-17')}")).get_data(as_text=True)
    assert "教育局局长" in bureau
    assert "主要领导" in bureau
    assert "机关代字 清教" in bureau
    assert bureau.count('aria-current="page"') == 1


def test_a_search_finds_units_with_their_organs(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "leader")
    shown = client.get(site.url("network?q=ducha")).get_data(as_text=True)
    assert "清溪县委督查室" in shown
    assert "教育局" not in shown
    assert "没有相符的单位" in client.get(site.url("network?q=nichts")).get_data(as_text=True)


def test_a_picker_is_answered_with_what_to_type(client: FlaskClient, site: Network) -> None:
    sign_in(client, site, "ducha")
    answer = client.get(site.url("network/suggest?q=jyj"), headers={"Accept": "application/json"})
    assert answer.json == [{"value": "清溪县教育局 (3301-17)", "label": "清溪县教育局", "note": "3301-17"}]
    leaders = client.get(site.url("network/suggest-leaders?q=秘书长"))
    assert leaders.json == [{"value": "秘书长", "label": "秘书长", "note": "deputy2"}]


@pytest.mark.parametrize("typed", ["%00", "%E2%80%AE", "%25", "a" * 5000, "%ff", "'", "()", "（"])
def test_whatever_is_typed_is_no_error(client: FlaskClient, site: Network, typed: str) -> None:
    sign_in(client, site, "ducha")
    for page in ("network", "network/suggest", "network/suggest-leaders"):
        assert client.get(site.url(f"{page}?q={typed}")).status_code == 200


def test_the_officers_do_not_read_the_network(client: FlaskClient, site: Network) -> None:
    sign_in_officer(client, site, "sys.admin")
    for page in ("network", "network/suggest?q=a", f"network/units/{site.unit_id('33')}"):
        assert client.get(site.url(page)).status_code == 403


def test_a_unit_of_another_city_is_as_missing_as_none(
    client: FlaskClient, site: Network, new_network: Callable[[], Network]
) -> None:
    other = new_network()
    theirs = other.unit_id("33")
    sign_in(client, site, "leader")
    answers = [client.get(site.url(f"network/units/{n}")) for n in (theirs, 99_999_999, 2**31, 2**63, "x")]
    assert [a.status_code for a in answers] == [404] * 5


def test_nobody_reads_the_network_without_signing_in(client: FlaskClient, site: Network) -> None:
    assert client.get(site.url("network")).status_code == 303
    assert client.get(site.url("network/suggest"), headers={"Accept": "application/json"}).status_code == 401


def test_a_units_page_leads_to_its_people_and_lets_its_secretariat_appoint(client: FlaskClient, site: Network) -> None:
    bureau = f"network/units/{site.unit_id('3301-17')}"
    sign_in(client, site, "leader")
    read = client.get(site.url(bureau)).get_data(as_text=True)
    assert f'href="{site.url("network/people/")}' in read
    assert '/appoint"' not in read
    assert "/contact" not in read
    sign_in(client, site, "mishu")
    kept = client.get(site.url(bureau)).get_data(as_text=True)
    assert f'href="{site.url(bureau)}/appoint"' in kept
    assert "/contact" in kept
