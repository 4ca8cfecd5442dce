"""A proxy that does not pass on under which host and scheme it was asked: `/readyz` and the first page say so."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.at_the_door import SmallCity
from tests.web.test_readiness import READY, Making, making

__all__ = ["making"]

BASE = {"BASE_URL": "https://duban.example.cn", "TRUSTED_PROXIES": "1"}
WHOLE = {"Host": "duban.example.cn", "X-Forwarded-Proto": "https"}
WORDS = ("主机名不是 BASE_URL", "协议（http、https）不是 BASE_URL")
WORDS_EN = ("under another host", "by another scheme")


def asked(client: FlaskClient, city: SmallCity, headers: dict[str, str], **more: str) -> tuple[str, list[bool]]:
    """What /readyz says of the address, and which of the two words stand on the first page."""
    said = client.get("/readyz", headers=headers)
    assert said.status_code == 200
    page = client.get(city.url("sign-in"), headers=headers | more).get_data(as_text=True)
    words = WORDS_EN if more else WORDS
    assert all(headers[name] not in page for name in ("Host", "X-Forwarded-Host") if name in headers)
    return said.json["address"], [word in page for word in words]


@pytest.mark.parametrize(
    ("headers", "address", "words"),
    [
        (WHOLE, "ok", [False, False]),
        (WHOLE | {"Host": "duban.example.cn:443"}, "ok", [False, False]),
        ({"Host": "10.0.0.7:8000", "X-Forwarded-Host": "duban.example.cn", "X-Forwarded-Proto": "https"}, "ok", [False, False]),
        ({"Host": "127.0.0.1:8000", "X-Forwarded-Proto": "https"}, "not ok: host", [True, False]),
        ({"Host": "duban.example.cn:8443", "X-Forwarded-Proto": "https"}, "not ok: host", [True, False]),
        ({"Host": "duban.example.cn:99999999", "X-Forwarded-Proto": "https"}, "not ok: host", [True, False]),
        ({"Host": "duban.example.cn"}, "not ok: scheme", [False, True]),
        ({"Host": "127.0.0.1:8000"}, "not ok: host and scheme", [True, True]),
    ],
)
def test_what_was_lost_is_said_and_nothing_of_what_was_seen(
    making: Making, city: SmallCity, headers: dict[str, str], address: str, words: list[bool]
) -> None:
    client = making(**BASE)
    assert asked(client, city, headers) == (address, words)
    assert asked(client, city, headers, **{"Accept-Language": "en"}) == (address, words)


def test_a_proxy_that_is_not_counted_is_not_believed(making: Making, city: SmallCity) -> None:
    assert asked(making(**BASE | {"TRUSTED_PROXIES": "0"}), city, WHOLE) == ("not ok: scheme", [False, True])


def test_the_page_without_a_city_says_so_too(making: Making, city: SmallCity, new_city) -> None:  # type: ignore[no-untyped-def]
    new_city()
    page = making(**BASE).get("/", headers={"Host": "127.0.0.1:8000"}).get_data(as_text=True)
    assert "请使用本市的网址" in page and WORDS[0] in page


@pytest.mark.parametrize("base", ["http://127.0.0.1:8001", "http://localhost:8001"])
def test_where_people_work_on_the_portals_own_machine_nothing_is_judged(making: Making, city: SmallCity, base: str) -> None:
    assert asked(making(BASE_URL=base), city, {"Host": "localhost:9000"}) == ("ok", [False, False])


def test_nobody_is_sent_where_a_forged_host_says(making: Making, city: SmallCity) -> None:
    client = making(**BASE)
    answer = client.get("/readyz", headers=WHOLE | {"X-Forwarded-Host": "evil.example"})
    assert answer.json == READY | {"address": "not ok: host"}
    sent = client.get(city.url("instructions"), headers=WHOLE | {"X-Forwarded-Host": "evil.example"})
    assert sent.status_code == 302 or sent.status_code == 303
    assert "evil.example" not in str(sent.headers)


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/nowhere/sign-in"])
def test_a_host_that_is_none_is_refused_in_a_sentence(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Host": "x" * 300})
    assert (answer.status_code, answer.mimetype) == (400, "text/plain")
    assert "The host in the address is not valid" in answer.get_data(as_text=True)
