"""Every page of each person: what their desk and menu lead to, each address once, and what the addresses without a link
answer. A page's writing (a reading, a message opened) is rolled back, so every page is of the same city, whatever was asked
before it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit
from uuid import UUID

from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import delete
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect
from werkzeug.test import TestResponse

from portal.app import check_ready, create_app
from portal.commands.demo import NAMES, show_names
from portal.config import Settings
from portal.identity import sessions
from portal.identity.models import SignInSession
from portal.identity.queries import person_named
from portal.kernel import clock
from portal.kernel.city import city_by_slug
from portal.kernel.db import db, enter
from tests.at_the_door import Browser as Client
from tests.likeness.canon import ID
from tests.likeness.page_text import text_of_page
from tests.likeness.rows import without_keyed

MOST = {"matters.matter": 150}  # addresses of one page of the portal, for one person
MOST_ALIKE, MOST_QUERIES = 6, 3  # of any other page; and of each with something asked after ?
ENGLISH = ("city.ducha", "330324-28.handler", "sec.admin")  # asked in English too, a few of each page
ENGLISH_ALIKE = 3
PAGES_LEFT_OUT = {
    "officers.health": "the machine's own state: disk, size of the database, versions",
    "identity.second_factor": "draws a new random key",
    "static": "named by what is in it",
}
_BARE_ID = re.compile(r"[0-9a-f]{32}")

Names = Mapping[str, Mapping[str, str]]  # table -> id as text -> name


# Whose names the demonstration shows, and one who holds the two roles that are not among theirs.
PERSONS = (*(name for name, _words in NAMES), "city.xinxi")


class Portal:
    """The portal in this process, on a database in which nothing that a page writes stays."""

    def __init__(self, app: Flask, slug: str, names: Names) -> None:
        self.app, self.slug, self.names = app, slug, names
        self.ids = {key: name for each in names.values() for key, name in each.items() if ID.fullmatch(key)}
        self.bare_ids = {key.replace("-", ""): name for key, name in self.ids.items()}
        self.rules = self.app.url_map.bind("localhost")
        self.say = lru_cache(100_000)(self._say)

    def ask_all(self, person: str, samples: Iterable[str] = ()) -> Iterator[tuple[str, dict[str, str]]]:
        """Every page of this person as an item, a few in English too; `samples` are ids of matters whose addresses are tried
        without a link."""
        with signed_in(self, person) as cookie:
            begin = {f"/{self.slug}/"}
            yield from self._ask_from(begin | self.addresses(samples), Browser(self, cookie, "zh"), f"page {person}")
            if person in ENGLISH:
                yield from self._ask_from(begin, Browser(self, cookie, "en"), f"page {person} in English")

    def _ask_from(self, waiting: set[str], browser: Browser, called: str) -> Iterator[tuple[str, dict[str, str]]]:
        asked: set[str] = set()
        counted: Counter[tuple[str, bool]] = Counter()
        while waiting:
            found: set[str] = set()
            for name, address in sorted((self.say(address), address) for address in waiting):
                endpoint, query = self.endpoint(address), "?" in address
                if name in asked or endpoint is None or endpoint in PAGES_LEFT_OUT:
                    continue
                if counted[endpoint, query] >= browser.most(endpoint, query=query):
                    continue
                asked.add(name)
                counted[endpoint, query] += 1
                answer, text, links = browser.ask(address)
                found |= {self._local(link, address) for link in links} - {""}
                yield f"{called} {name}", {"answer": answer, "text": text}
            waiting = found

    def addresses(self, samples: Iterable[str]) -> set[str]:
        """Every address of the city that needs no argument, or none but a matter, of these matters."""
        found = set()
        with self.app.test_request_context(f"/{self.slug}/"):
            for rule in self.app.url_map.iter_rules():
                if rule.methods and "GET" in rule.methods and rule.endpoint not in PAGES_LEFT_OUT and "city" in rule.arguments:
                    more = rule.arguments - {"city"} - set(rule.defaults or ())
                    for matter in ("",) if not more else samples if more == {"matter_id"} else ():
                        values: dict[str, Any] = {"matter_id": UUID(matter)} if matter else {}
                        found.add(self.rules.build(rule.endpoint, {"city": self.slug, **values}))
        return found

    def endpoint(self, address: str) -> str | None:
        """The page behind an address of the city; None where there is none or it takes no GET."""
        try:
            return self.rules.match(urlsplit(address).path, "GET")[0]
        except (HTTPException, RequestRedirect):
            return None

    def _say(self, address: str) -> str:
        """An address by names: /matters/温督〔2026〕12号, /network/units/330324."""
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or not parts.path:
            return address
        path = unquote(parts.path)
        values = self._arguments(path)
        for argument, value in values.items():
            known = self.names.get(argument.removesuffix("_id"), {}) if argument.endswith("_id") else {}
            if str(value) in known:
                path = path.replace(f"/{value}", f"/{known[str(value)]}", 1)
        query = "&".join(f"{name}={value}" for name, value in parse_qsl(parts.query, keep_blank_values=True))
        said = path.removeprefix(f"/{self.slug}") or "/"
        return self.by_names(said + (f"?{query}" if query else "") + (f"#{unquote(parts.fragment)}" if parts.fragment else ""))

    def _arguments(self, path: str) -> Mapping[str, Any]:
        for method in ("GET", "POST"):
            try:
                return self.rules.match(path, method)[1]
            except (HTTPException, RequestRedirect):
                continue
        return {}

    def by_names(self, text: str) -> str:
        """A text with the rows' names instead of their ids; an id of no row is as random as it looks."""
        named = ID.sub(lambda found: self.ids.get(found[0], "<id>"), text)
        return _BARE_ID.sub(lambda found: self.bare_ids.get(found[0], found[0]), named)

    def _local(self, link: str, here: str) -> str:
        """A link as an address of this city, without what follows #; nothing where it leads elsewhere."""
        whole = urlsplit(urljoin(here, link))
        inside = not whole.netloc and whole.path.startswith(f"/{self.slug}/")
        return whole.path + (f"?{whole.query}" if whole.query else "") if inside else ""


@contextmanager
def signed_in(portal: Portal, name: str) -> Iterator[str]:
    """The cookie of this person's session, whose row is there meanwhile."""
    app = portal.app
    with app.app_context():
        city = city_by_slug(portal.slug)
        assert city is not None
        enter(city.id)
        person = person_named(name)
        assert person is not None, name
        session, token = sessions.begin(person.id, "127.0.0.1", timedelta(hours=8))
        db.session.commit()
    interface: Any = app.session_interface
    try:
        yield interface.get_signing_serializer(app).dumps({"_user_id": token, "_fresh": True})
    finally:
        with app.app_context():
            enter(city.id)
            db.session.execute(delete(SignInSession).where(SignInSession.id == session.id))
            db.session.commit()


class Browser:
    """Asks in one language, for each page with the same cookie, as if it were the first."""

    def __init__(self, portal: Portal, cookie: str, language: str) -> None:
        self.portal, self.cookie, self.language = portal, cookie, language

    def most(self, endpoint: str, *, query: bool) -> int:
        """How many addresses of a page are asked for."""
        if self.language == "en":
            return ENGLISH_ALIKE
        return MOST_QUERIES if query else MOST.get(endpoint, MOST_ALIKE)

    def ask(self, address: str) -> tuple[str, str, list[str]]:
        """How it was answered, what it says, and where it leads."""
        app = self.portal.app
        with app.app_context():
            dialect: Any = db.engine.dialect
        dialect.do_commit = dialect.do_rollback  # nothing that a page writes stays
        try:
            client = Client(app, app.response_class, use_cookies=True)
            client.set_cookie(app.config["SESSION_COOKIE_NAME"], self.cookie)
            answer = client.get(address, headers={"Accept-Language": self.language})
            return self._read(answer)
        finally:
            del dialect.do_commit

    def _read(self, answer: TestResponse) -> tuple[str, str, list[str]]:
        kind = answer.mimetype or ""
        links: list[str] = []
        if kind == "text/html":
            text, links = text_of_page(without_keyed(answer.get_data(as_text=True)), self.portal.say)
        elif kind == "application/json":
            text = json.dumps(answer.get_json(), ensure_ascii=False, sort_keys=True, indent=1)
        elif kind.endswith("spreadsheetml.sheet"):
            text = _cells(answer.get_data())
        elif kind.startswith("text/") or kind == "image/svg+xml":
            text = answer.get_data(as_text=True)
        else:
            text = answer.get_data().hex()
        status = str(answer.status_code)
        if location := answer.headers.get("Location"):
            links = [*links, location]
            text = f"to {self.portal.say(location)}"
        return status, self.portal.by_names(text), links


def _cells(workbook: bytes) -> str:
    book = CalamineWorkbook.from_filelike(BytesIO(workbook))
    lines = []
    for sheet in book.sheet_names:
        lines.append(f"[{sheet}]")
        lines += ["\t".join(map(str, row)) for row in book.get_sheet_by_name(sheet).to_python()]
    return "\n".join(lines)


def pages_of(
    environment: Mapping[str, str], slug: str, names: Names, moment: datetime, person: str, samples: list[str]
) -> dict[str, dict[str, str]]:
    """All pages of one person, in a process of its own that asks for those of several."""
    with clock.set_to(moment):
        if "portal" not in _here:
            app = check_ready(create_app(Settings.from_environment(environment)))
            show_names(app)
            _here["portal"] = Portal(app, slug, names)
        return dict(_here["portal"].ask_all(person, samples))


_here: dict[str, Portal] = {}
