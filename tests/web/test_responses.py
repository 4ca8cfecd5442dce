"""What every answer has in common: headers, one commit, refusals as pages, the log."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.access.acts import SIGNED_IN
from portal.app import create_app
from portal.config import Settings
from portal.identity.models import Person
from portal.kernel.db import db
from portal.kernel.refusals import Forbidden, Invalid, Invisible, Stale
from portal.officers.acts import READ_JOURNAL
from portal.web import guards, responses
from portal.web.headers import FIXED
from tests.at_the_door import SmallCity, csrf_token, in_city, sign_in
from tests.conftest import Database

UNKNOWN = "0f8fad5b-d9cb-469f-a165-70867728950e"


@pytest.fixture(scope="module")
def trying(database: Database, redis_url: str, keys: dict[str, str]) -> Iterator[Flask]:
    """The portal with a few routes more, each of which comes to grief in its own way."""
    settings = Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
    portal = create_app(settings, TESTING=True, SIGN_IN_LIMIT="100000 per minute")

    def raises(name: str, error: Callable[[], Exception], methods: tuple[str, ...] = ("GET", "POST")) -> None:
        @guards.allows(SIGNED_IN)
        def view() -> str:
            db.session.execute(text("update person set email = 'changed'"))
            raise error()

        portal.add_url_rule(f"/<slug:city>/try/{name}", name, view, methods=methods)

    raises("hidden", Invisible)
    raises("forbidden", lambda: Forbidden("此件不归您办", unmet=["须由督查员办理"]))
    raises("stale", lambda: Stale("此件已由他人签发", changes=["10:02 王主任 签发"]))
    raises("invalid", lambda: Invalid("日期不对"))
    raises("fault", lambda: RuntimeError("机要内容-canary"))
    raises("unfit", lambda: DataError("select", {}, Exception("a NUL")))
    raises("away", lambda: OperationalError("select", {}, Exception("connection refused")))

    @portal.post("/<slug:city>/try/refused-answer")
    @guards.allows(SIGNED_IN)
    def refused_answer() -> tuple[str, int]:
        db.session.execute(text("update person set email = 'changed'"))
        return "no", 409

    @portal.get("/<slug:city>/try/reading")
    @guards.allows(SIGNED_IN)
    def reading() -> object:
        db.session.execute(text("update person set email = 'read'"))
        return responses.page("errors/page.html", "errors/_fragment.html", status=200)

    @portal.get("/<slug:city>/try/journal")
    @guards.allows(READ_JOURNAL)
    def journal() -> str:
        return "the journal"

    guards.refuse_undeclared(portal)
    yield portal
    with portal.app_context():
        db.engine.dispose()


@pytest.fixture
def lin(trying: Flask, city: SmallCity) -> FlaskClient:
    """林's browser, signed in."""
    client = trying.test_client()
    assert sign_in(client, city).status_code == 303
    return client


def changed(app: Flask, city: SmallCity) -> int:
    with in_city(app, city.id):
        return db.session.scalar(select(func.count()).select_from(Person).where(Person.email.is_not(None))) or 0


def assert_headers(answer: TestResponse) -> None:
    for name, value in FIXED.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"]


def filled(rule: Rule, city: SmallCity) -> str:
    path = rule.rule.replace("<slug:city>", city.slug)
    return re.sub(r"<(?:uuid):\w+>", UNKNOWN, re.sub(r"<(?:int):\w+>", "1", re.sub(r"<path:\w+>", "mark.svg", path)))


# Who is signed in and a stranger take turns, so that each asks every route and by every method.
@pytest.mark.parametrize("nth", [pytest.param(2, id=pytest.HIDDEN_PARAM), pytest.param(1, marks=pytest.mark.full, id="full")])
def test_every_route_by_every_method_has_the_headers(trying: Flask, city: SmallCity, lin: FlaskClient, nth: int) -> None:
    stranger = trying.test_client()
    asked = 0
    for place, rule in enumerate(trying.url_map.iter_rules()):
        for number, method in enumerate(("GET", "POST", "DELETE")):
            for client in (stranger, lin)[(place + number) % nth :: nth]:
                answer = client.open(filled(rule, city), method=method)
                assert_headers(answer)
                assert answer.status_code < 500 or "/try/" in rule.rule, (rule, method)
                asked += 1
                if rule.endpoint != "static" or answer.status_code >= 400:
                    assert answer.headers["Cache-Control"] == "no-store", (rule, method)
                answer.close()
    assert asked > 150


@pytest.mark.parametrize(
    ("name", "status"),
    [("hidden", 404), ("forbidden", 403), ("stale", 409), ("invalid", 422), ("unfit", 400), ("fault", 500), ("away", 503)],
)
def test_a_refusal_is_a_page_with_its_status_and_changes_nothing(
    trying: Flask, lin: FlaskClient, city: SmallCity, name: str, status: int
) -> None:
    page = lin.get(city.url(f"try/{name}"))
    part = lin.get(city.url(f"try/{name}"), headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert (page.status_code, part.status_code) == (status, status)
    assert page.get_data(as_text=True).startswith("<!DOCTYPE html>")
    assert "<html" not in part.get_data(as_text=True)
    assert 'id="fault"' in part.get_data(as_text=True)
    assert_headers(page)
    assert_headers(part)
    assert changed(trying, city) == 0


def test_a_refusal_says_what_stands_in_the_way(lin: FlaskClient, city: SmallCity) -> None:
    assert "须由督查员办理" in lin.get(city.url("try/forbidden")).get_data(as_text=True)
    stale = lin.get(city.url("try/stale")).get_data(as_text=True)
    assert "此件已由他人签发" in stale
    assert "10:02 王主任 签发" in stale
    assert lin.get(city.url("try/invalid"), headers={"Accept": "application/json"}).json == {
        "status": 422,
        "sentence": "日期不对",
        "unmet": [],
    }


def test_a_fault_shows_a_number_to_quote_and_logs_no_message(
    lin: FlaskClient, city: SmallCity, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        page = lin.get(city.url("try/fault?typed=something-typed")).get_data(as_text=True)
    number = re.search(r'class="ref">([0-9a-f]{12})<', page)
    assert number
    assert "Traceback" not in page
    assert "canary" not in page
    assert f"request={number[1]}" in caplog.text
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text
    assert "something-typed" not in caplog.text


def test_an_answer_of_400_and_above_leaves_nothing_behind(trying: Flask, lin: FlaskClient, city: SmallCity) -> None:
    token = csrf_token(lin, city.url("sign-ins"))
    assert lin.post(city.url("try/refused-answer"), data={"csrf_token": token}).status_code == 409
    assert changed(trying, city) == 0


def test_a_get_that_notes_a_reading_commits(trying: Flask, lin: FlaskClient, city: SmallCity) -> None:
    assert lin.get(city.url("try/reading")).status_code == 200
    assert changed(trying, city) == 2


def test_htmx_gets_the_fragment_alone(lin: FlaskClient, city: SmallCity) -> None:
    whole = {"HX-Request": "true", "HX-Request-Type": "full"}
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}
    assert b"<html" in lin.get(city.url("try/reading"), headers=whole).data
    assert b"<html" not in lin.get(city.url("try/reading"), headers=part).data


def test_an_act_without_a_record_is_judged_at_the_door(lin: FlaskClient, city: SmallCity) -> None:
    answer = lin.get(city.url("try/journal"))
    assert answer.status_code == 403
    assert "须由审计员办理" in answer.get_data(as_text=True)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_hidden_unknown_and_malformed_are_the_same_bytes(lin: FlaskClient, city: SmallCity, method: str) -> None:
    paths = ("try/hidden", f"continue/{UNKNOWN}", "continue/not-an-id", "continue/%00", "no/such/page", "x" * 300)
    found = [lin.open(city.url(path), method=method) for path in paths]
    assert {answer.status_code for answer in found} == {404}
    assert len({answer.data for answer in found}) == 1
    assert len({tuple(sorted((k, v) for k, v in answer.headers.items() if k != "Date")) for answer in found}) == 1


def test_a_city_that_is_not_there_is_not_found(lin: FlaskClient) -> None:
    for path in ("/nowhere/sign-in", "/nowhere/", "/NOWHERE/sign-in", "/.git/config", "//evil/sign-in", "/%E6%B8%A9/"):
        assert lin.get(path).status_code in (404, 308), path


def test_static_files_are_kept_by_the_browser_when_their_address_names_their_version(
    trying: Flask, client: FlaskClient, city: SmallCity
) -> None:
    page = client.get(city.url("sign-in")).get_data(as_text=True)
    address = re.search(r'href="(/static/duban.css\?v=[0-9a-f]+)"', page)
    assert address
    for path, kept in ((address[1], "public, max-age=31536000, immutable"), ("/static/duban.css", "no-cache")):
        with client.get(path) as answer:
            assert answer.headers["Cache-Control"] == kept
            assert_headers(answer)


def test_the_log_has_the_template_and_ids_and_nothing_typed(
    lin: FlaskClient, city: SmallCity, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "portal.requests"):
        lin.get(city.url(f"continue/{UNKNOWN}?q=typed-words"))
        lin.get("/typed-words/typed-words")
    first, second = (record.getMessage() for record in caplog.records if record.name == "portal.requests")
    assert re.fullmatch(rf"GET /<slug:city>/continue/<uuid:kept_id> 404 \d+ms request=[0-9a-f]{{12}} person={city.lin_id}", first)
    assert re.fullmatch(r"GET - 404 \d+ms request=[0-9a-f]{12} person=-", second)


def test_over_https_the_browser_is_told_to_stay_there(client: FlaskClient, city: SmallCity) -> None:
    assert "Strict-Transport-Security" not in client.get(city.url("sign-in")).headers
    secure = client.get(city.url("sign-in"), base_url="https://localhost")
    assert secure.headers["Strict-Transport-Security"]


def test_the_first_address_shows_no_list_of_cities(client: FlaskClient, city: SmallCity, new_city) -> None:
    other = new_city()
    page = client.get("/").get_data(as_text=True)
    assert "请使用本市的网址" in page
    assert city.name not in page
    assert other.name not in page


def test_too_many_sign_ins_from_one_place_are_told_to_wait(
    database: Database, redis_url: str, keys: dict[str, str], city: SmallCity
) -> None:
    settings = Settings.from_environment(keys | {"DATABASE_URL": database.app_url, "REDIS_URL": redis_url})
    portal = create_app(settings, TESTING=True, SIGN_IN_LIMIT="3 per minute")
    client = portal.test_client()
    client.environ_base["REMOTE_ADDR"] = "192.0.2.99"
    token = csrf_token(client, city.url("sign-in"))
    for _time in range(4):
        answer = client.post(city.url("sign-in"), data={"csrf_token": token, "name": "", "password": ""})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert_headers(answer)
    with portal.app_context():
        db.engine.dispose()


def test_a_form_larger_than_allowed_is_refused(lin: FlaskClient, client: FlaskClient, city: SmallCity) -> None:
    token = csrf_token(client, city.url("sign-in"))
    answer = client.post(city.url("sign-in"), data={"csrf_token": token, "name": "x" * 70_000, "password": "x"})
    assert answer.status_code == 413
    token = csrf_token(lin, city.url("sign-ins"))
    assert lin.post(city.url("try/invalid"), data={"csrf_token": token, "say": "x" * 70_000}).status_code == 422
    assert lin.post(city.url("try/invalid"), data={"csrf_token": token, "say": "x" * 2_200_000}).status_code == 413


def test_a_nul_character_in_an_address_is_no_fault(client: FlaskClient, city: SmallCity) -> None:
    sign_in(client, city)
    assert client.get(f"/{city.slug}/messages?place=%00").status_code == 200
    assert client.get(f"/{city.slug}/instructions?q=a%00b").status_code == 200


@pytest.mark.parametrize("address", ["/%00/", "/city%00/x", "/-/", "/%F0%9F%92%A9/", "/" + "a" * 41 + "/"])
def test_what_no_city_can_be_called_is_not_found(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("page", ["http://[::1", "//[", "", "javascript:1"])
def test_a_page_that_is_no_address_is_not_gone_back_to(client: FlaskClient, city: SmallCity, page: str) -> None:
    answer = client.get(city.url("sign-ins"), headers={"HX-Request": "true", "HX-Current-URL": page})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, city.url("sign-in"))
