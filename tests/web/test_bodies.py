"""What a request carries is read to its end, whether it was wanted or not, and never without one."""

from __future__ import annotations

import io
import os

import pytest
from flask import request
from flask.testing import FlaskClient

from portal.config import MEBIBYTE
from portal.web.bodies import BEYOND
from tests.at_the_door import SmallCity

ENDS = {"wsgi.input_terminated": True}  # as gunicorn says


@pytest.mark.parametrize(("path", "status"), [("sign-in", 413), ("no-such-page", 404)])
def test_a_body_that_nobody_wants_is_read_to_its_end(client: FlaskClient, city: SmallCity, path: str, status: int) -> None:
    body = io.BytesIO(b"x" * MEBIBYTE)
    answer = client.post(city.url(path), input_stream=body, content_type="text/plain", environ_overrides=ENDS)
    assert (answer.status_code, body.tell()) == (status, MEBIBYTE)


def test_where_the_body_has_no_end_of_its_own_nobody_waits_for_one(client: FlaskClient, city: SmallCity) -> None:
    body = io.BytesIO(b"x" * 10 + b"GET /the-next HTTP/1.1")
    answer = client.post(city.url("no-such-page"), input_stream=body, environ_overrides={"CONTENT_LENGTH": "10"})
    assert (answer.status_code, body.tell()) == (404, 0)


def test_one_that_is_far_too_large_or_breaks_off_is_left(client: FlaskClient, city: SmallCity) -> None:
    large = client.application.config["MAX_CONTENT_LENGTH"] + BEYOND + 1
    body = io.BytesIO(b"x" * MEBIBYTE)
    answer = client.post(city.url("sign-in"), input_stream=body, environ_overrides=ENDS | {"CONTENT_LENGTH": str(large)})
    assert answer.status_code == 413
    assert body.tell() == 0

    class Broken(io.BytesIO):
        def read(self, *_size: object) -> bytes:
            raise ConnectionResetError

    assert client.post(city.url("no-such-page"), input_stream=Broken(b"x" * 10), environ_overrides=ENDS).status_code == 404


def test_a_large_upload_never_touches_the_disk(client: FlaskClient, city: SmallCity) -> None:
    """Neither while it is taken, nor as a file that has no name any more."""
    data = "青砚".encode() * (MEBIBYTE // 4)
    part = b'--B\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n' + data + b"\r\n"

    def without_names() -> set[str]:
        links = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.islink(entry.path)]
        return {link for link in links if link.endswith("(deleted)")}

    before = without_names()
    with client.application.test_request_context(
        city.url("sign-in"), method="POST", input_stream=io.BytesIO(part * 2 + b"--B--\r\n"),
        content_type="multipart/form-data; boundary=B", content_length=2 * len(part) + 7,
    ):  # fmt: skip
        received = request.files.getlist("files")
        assert [len(one.read()) for one in received] == [len(data)] * 2
        assert without_names() <= before
