"""The shipped nginx in front of the portal: host, scheme and address arrive, slow ones wait outside, large ones are told."""

from __future__ import annotations

import json
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select

from portal.config import MEBIBYTE
from portal.identity.models import SignInSession
from portal.kernel.db import db
from portal.web.headers import FIXED
from tests.at_the_door import PASSWORD, SmallCity, in_city
from tests.deploy.conftest import BODY, HEAD, NAME, SHIPPED, Site, nginx_program, write_configuration
from tests.web.test_readiness import READY

FORGED = {
    "X_Forwarded_For": "203.0.113.9", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "http",
    "X_Forwarded_Ssl": "off", "X_Forwarded_Prefix": "/evil", "X_Forwarded_Port": "1", "Forwarded": "for=203.0.113.9;host=evil.example",
}  # fmt: skip


def test_the_shipped_configuration_is_one(tmp_path: Path, site: Site) -> None:
    write_configuration(tmp_path, site)
    command = [nginx_program(), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    assert b"test is successful" in subprocess.run([*command, "-t"], capture_output=True, check=True).stderr
    (tmp_path / "duban.conf").write_text(SHIPPED.read_text() + "serverr { }\n")
    assert subprocess.run([*command, "-t"], capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize("forged", [{}, FORGED, {"Host": f"{NAME.upper()}:1"}])
def test_host_and_scheme_arrive_whatever_the_client_says(site: Site, forged: dict[str, str]) -> None:
    answer, text = site.ask("GET", "/readyz", **forged)
    assert (answer.status, READY) == (200, json.loads(text))
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]


def test_one_signs_in_through_it_and_is_known_by_ones_own_address(site: Site, app: Flask, city: SmallCity) -> None:
    page = city.url("sign-in")
    answer, text = site.ask("GET", page)
    cookies = [one.partition(";")[0] for one in answer.headers.get_all("Set-Cookie", [])]
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token and "给安装人员" not in text
    form = urlencode({"csrf_token": token[1], "name": "lin.duo", "password": PASSWORD}).encode()
    signed, _text = site.ask(
        "POST", page, form, Cookie="; ".join(cookies), Origin=site.base, Referer=site.base + page,
        Content_Type="application/x-www-form-urlencoded", **FORGED,
    )  # fmt: skip
    assert (signed.status, signed.headers["Location"].startswith(f"/{city.slug}/")) == (303, True)
    assert all("Secure" in one for one in signed.headers.get_all("Set-Cookie", []))
    with in_city(app, city.id):
        assert db.session.scalars(select(SignInSession.source)).all() == ["127.0.0.1"]


def test_http_is_sent_to_https_under_the_portals_own_name(site: Site) -> None:
    for path in ("/wenzhou/sign-in?a=b", "//evil.example/"):
        answer = raw(site.http, f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n")
        assert answer.startswith("HTTP/1.1 301 ") and f"\r\nLocation: {site.base}{path}\r\n" in answer


def test_who_asks_for_another_name_is_not_answered(site: Site) -> None:
    assert raw(site.http, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n") == ""
    with pytest.raises(ssl.SSLError):
        site.connect("evil.example")
    with site.connect() as inside:
        inside.sendall(b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n")
        assert inside.recv(100) == b""


def raw(port: int, said: str) -> str:
    """All that is answered until the connection is ended, in whichever way."""
    answered = b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection, suppress(ConnectionResetError):
        connection.sendall(said.encode())
        while piece := connection.recv(65536):
            answered += piece
    return answered.decode()


@pytest.mark.parametrize("path", ["/static/duban.css?v=1", "/static/duban.css", "/static/app.js?a=1&v=2", "/static/none.css"])
def test_static_files_bear_the_portals_own_headers(site: Site, app: Flask, path: str) -> None:
    answer, text = site.ask("GET", path)
    with app.test_client().get(path, base_url=f"https://{NAME}") as own:
        assert (answer.status, text) == (own.status_code, own.text)
        for name in (*FIXED, "Cache-Control", "Strict-Transport-Security"):
            assert answer.headers.get_all(name) == own.headers.getlist(name), name
    assert ("Server" in answer.headers) and answer.headers["Server"] == "nginx"


@contextmanager
def tricklers(site: Site, count: int, begins: str, pause: float) -> Iterator[list[float]]:
    """So many connections that say the first words at once and then an octet after every pause; afterwards, after how
    many seconds each was ended by the other side."""
    over = Event()
    lived: list[float] = []

    def trickle(connection: ssl.SSLSocket) -> None:
        began, connection_ended = time.monotonic(), False
        with connection:
            connection.sendall(begins.encode())
            connection.settimeout(pause)
            while not over.is_set() and not connection_ended:
                try:
                    connection_ended = connection.recv(1000) == b""
                except TimeoutError:
                    try:
                        connection.sendall(b"x")
                    except OSError:
                        connection_ended = True
                except OSError:
                    connection_ended = True
        if connection_ended:
            lived.append(time.monotonic() - began)

    with ThreadPoolExecutor(count) as many:
        done = [many.submit(trickle, site.connect()) for _ in range(count)]
        try:
            yield lived
        finally:
            over.set()
            for one in done:
                one.result()


def test_sixteen_that_trickle_keep_nobody_waiting_and_are_ended_in_time(site: Site, city: SmallCity) -> None:
    head = f"POST {city.url('sign-in')} HTTP/1.1\r\nHost: {NAME}\r\n"
    body = head + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 5000\r\n\r\nname="
    with (
        tricklers(site, 8, head + "X-Slow: ", HEAD / 8) as heads,
        tricklers(site, 4, body, BODY * 2) as stopped,
        tricklers(site, 4, body, BODY / 4) as slow,  # steady enough not to be ended; they wait at the proxy
    ):
        began, longest = time.monotonic(), 0.0
        while time.monotonic() - began < HEAD + BODY:
            at = time.monotonic()
            answer, _text = site.ask("GET", city.url("sign-in"))
            assert answer.status == 200
            longest = max(longest, time.monotonic() - at)
            time.sleep(0.05)  # below what the proxy allows one address
        assert longest < 2
        assert len(heads) == 8 and all(HEAD - 0.5 < one < HEAD + 2 for one in heads), heads
        assert len(stopped) == 4 and all(BODY - 0.5 < one < BODY + 2 for one in stopped), stopped
        assert slow == []


def test_what_is_too_large_is_told(site: Site, app: Flask, city: SmallCity) -> None:
    page = city.url("sign-in")
    answer, text = site.ask("POST", page, b"x" * 70_000, Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, "太大" in text) == (413, True)
    most = app.config["MAX_CONTENT_LENGTH"]
    answer, text = site.ask("POST", page, b"x" * (most + 1), Content_Type="application/x-www-form-urlencoded")
    assert (answer.status, "太大" in text) == (413, True)
    with site.connect() as connection:  # nginx says so before it takes any of it
        connection.sendall(f"POST {page} HTTP/1.1\r\nHost: {NAME}\r\nContent-Length: {most + 2 * MEBIBYTE}\r\n\r\n".encode())
        assert connection.recv(20).startswith(b"HTTP/1.1 413 ")
