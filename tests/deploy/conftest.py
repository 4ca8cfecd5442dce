"""A real nginx with the shipped configuration in front of a real portal, started as the image starts it."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import Certificate, certificate
from tests.conftest import CLONE, Database
from tests.deploy.image import lay_out, stages

NAME = "duban.example.cn"
SHIPPED = CLONE / "deploy" / "nginx" / "duban.conf"
HEAD, BODY = 2.0, 1.0  # seconds, the time-outs of the test; shipped are longer ones
PATIENCE = 30.0  # seconds for a start
# What this machine brings with it: no ports below 1024, nothing outside the test's directory.
MAIN = """
daemon off; master_process on; worker_processes 1; pid {here}/nginx.pid; error_log {here}/error.log; {user}
events {{ worker_connections 256; }}
http {{
    include /etc/nginx/mime.types;
    client_body_temp_path {here}/body; proxy_temp_path {here}/proxy;
    fastcgi_temp_path {here}/f; uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;
    include {here}/duban.conf;
}}
"""


def nginx_program() -> str:
    """nginx, which is not always on an ordinary user's path."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert found, "nginx is not installed: deploy/test-needs"
    return found


def adapted(text: str, changes: dict[str, str]) -> str:
    """The shipped file with these words changed, as an operator changes them; each must stand there."""
    for there, instead in changes.items():
        assert there in text, there
        text = text.replace(there, instead)
    return text


@dataclass
class Site:
    """The portal behind its proxy."""

    http: int
    https: int
    behind: int
    certificate: Certificate

    @property
    def base(self) -> str:
        return f"https://{NAME}:{self.https}"

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.certificate.file))

    def connect(self, name: str = NAME) -> ssl.SSLSocket:
        """An encrypted connection of one's own."""
        plain = socket.create_connection(("127.0.0.1", self.https), timeout=20)
        return self.trusting.wrap_socket(plain, server_hostname=name)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[http.client.HTTPResponse, str]:
        """One request through the proxy."""
        connection = http.client.HTTPConnection(NAME, self.https)
        connection.sock = self.connect()
        connection.request(method, path, body, {name.replace("_", "-"): said for name, said in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer, text


@pytest.fixture(scope="session")
def site(database: Database, redis_url: str, keys: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Started once for these tests: gunicorn from what the Containerfile copies, by its command; nginx before it."""
    here = tmp_path_factory.mktemp("site")
    found = Site(*_free_ports(3), certificate(here, NAME))
    image = stages()
    lay_out(image["build"], here / "srv")
    told = image["portal"].environment
    environment = keys | {
        "PATH": os.environ["PATH"],
        **{name: told[name] for name in ("FLASK_APP", "MALLOC_ARENA_MAX")},
        "DATABASE_URL": database.app_url,
        "REDIS_URL": redis_url,
        "BASE_URL": found.base,
        "TRUSTED_PROXIES": "1",
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{found.behind} --workers=1",
    }
    python, *words = image["portal"].command
    assert python == "python"
    web = _begin([sys.executable, *words], here / "web.log", cwd=here / "srv", env=environment)
    write_configuration(here, found)
    proxy = _begin([nginx_program(), "-p", str(here), "-c", str(here / "nginx.conf")], here / "proxy.log")
    try:
        _until(lambda: _listens(found.behind), web, here / "web.log")
        _until(lambda: _listens(found.https), proxy, here / "proxy.log")
        yield found
    finally:
        for process in (proxy, web):
            process.terminate()
            process.wait(PATIENCE)


def write_configuration(here: Path, site: Site) -> None:
    """The shipped configuration with this machine's ports and places and the test's time-outs."""
    changes = {
        "127.0.0.1:8000": f"127.0.0.1:{site.behind}",
        "listen 80": f"listen 127.0.0.1:{site.http}",
        "listen 443": f"listen 127.0.0.1:{site.https}",
        "https://$server_name$request_uri": f"https://$server_name:{site.https}$request_uri",
        "/etc/duban/tls/certificate.pem": str(site.certificate.file),
        "/etc/duban/tls/key.pem": str(site.certificate.key),
        "/var/log/nginx": str(here),
        "root /srv/duban": f"root {CLONE}",
        "client_header_timeout 10s": f"client_header_timeout {HEAD * 1000:.0f}ms",
        "client_body_timeout 15s": f"client_body_timeout {BODY * 1000:.0f}ms",
    }
    (here / "duban.conf").write_text(adapted(SHIPPED.read_text(encoding="utf-8"), changes))
    (here / "nginx.conf").write_text(MAIN.format(here=here, user="user root;" if os.geteuid() == 0 else ""))


def _free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in held]
    for one in held:
        one.close()
    return ports


def _begin(command: list[str], log: Path, **how: object) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, **how)  # type: ignore[call-overload, no-any-return]


def _until(come: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while not come():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
