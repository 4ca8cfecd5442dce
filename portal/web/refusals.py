"""Every refusal and every fault as a page or a fragment, with the right status and a sentence.

Hidden, missing and malformed are answered with the same bytes. A fault is logged by its kind, place and route template;
never with a message, which may quote what was typed.
"""

from __future__ import annotations

import errno
import logging
import shutil
import traceback
from dataclasses import dataclass

from flask import Flask, Response, current_app, g, jsonify, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import BadHost, HTTPException

from portal.audit import journal
from portal.config import MEBIBYTE, Settings
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Forbidden, Invisible, Refusal, Unconfirmed
from portal.registry.navigation import Purpose
from portal.vault.screening import classification_mark
from portal.web.cities import current_city, inside
from portal.web.guards import SAFE, current_visitor, is_ours, is_secret, send_to_confirm
from portal.web.headers import request_id
from portal.web.navigation import Frame, desk_url
from portal.web.once import new_page_key
from portal.web.places import place_url
from portal.web.responses import is_htmx, is_partial, wants_json
from portal.web.room import Crowded
from portal.web.templates import template
from portal.web.tokens import drawn_for
from portal.web.transactions import discard, shows_nothing

log = logging.getLogger("portal.faults")
MOST_REFUSED = 20  # of one person, within an hour
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
DISK_FULL = "53100"  # PostgreSQL's word for it
FULL = 4 * MEBIBYTE  # a disk with less is full: whoever could not write has freed what it had begun
# A lock, a statement, a deadlock, a transaction left alone: what `kernel.db.Patience` ends.
WAITED = frozenset({"55P03", "57014", "40P01", "25P03"})
SAID = frozenset({400, 403, 404, 409, 410, 413, 422, 429, 500, 503})  # what errors/_fragment.html has words for


@dataclass(frozen=True, slots=True)
class Again:
    """A form that can be sent once more as it was typed, to the address it was sent to."""

    mimetype: str
    fields: list[tuple[str, str]]
    had_files: bool


def install(app: Flask) -> None:
    """Answer refusals, HTTP errors and faults."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(BadHost, _no_host)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(InterfaceError, _database_away)
    app.register_error_handler(InternalError, _cut_off)
    app.register_error_handler(PoolTimeout, _waited_in_vain)
    app.register_error_handler(Crowded, _waited_in_vain)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(OSError, _system_fault)
    app.register_error_handler(Exception, _fault)


def _refused(refusal: Refusal) -> Response:
    discard()
    if isinstance(refusal, Unconfirmed) and not wants_json():
        return send_to_confirm()
    if isinstance(refusal, Forbidden | Invisible):
        _note_refused(refusal.status)
    filed_at = g.get("filed_at")
    if filed_at is None:
        return _answer(refusal.status, refusal)
    again = _again()
    if again is not None:  # what is sent from the page that says so is another form, and meant
        again.fields[:] = [(name, str(new_page_key()) if name == "request_key" else value) for name, value in again.fields]
    return _answer(refusal.status, refusal, again_url=filed_at, again=again)


def _note_refused(status: int) -> None:
    """An act of somebody signed in that the portal does not know, or that he may not do, is in the journal, by its kind and place,
    never by what was sent or whom it was about; so many an hour, so that nobody fills the journal by it: the last says that
    more are left out."""
    visitor = current_visitor() if request.method not in SAFE else None
    counted = current_app.extensions.get("count_refused")
    if visitor is None or counted is None:
        return
    count = counted(visitor.person_id)
    if count <= MOST_REFUSED:
        journal.note(
            "refused_act", "person", visitor.person_id, visitor.person_id,
            endpoint=request.endpoint or request.method[:10], status=status, last=count == MOST_REFUSED,
        )  # fmt: skip


def _forged(error: CSRFError) -> Response:
    """The form is not of this session, or not of this post: said, and what becomes of what was typed."""
    kept_at, became = g.get("kept_at"), g.get("form_became")
    if kept_at or became == "set_aside":
        db.session.commit()
    if became == "set_aside":
        sentence = _("这张表是另一人登录时打开的，没有以您的名义提交；所填内容已为其保留一小时，本人登录后可以继续")
    elif g.get("post_changed"):
        sentence = _("打开这张表之后您切换了岗位，没有提交；请核对要以哪个岗位的名义办理，再提交一次")
    else:
        sentence = _("页面放得太久，或在别的窗口重新登录过，请核对后再提交一次")
    # What could not be kept is sent once more from the page itself, by whom it was drawn for.
    city, visitor = current_city(), current_visitor()
    drawn = drawn_for(city.id if city else 0)
    own = visitor is not None and drawn is not None and drawn.person_id == visitor.person_id
    if not own and became != "set_aside":  # no page of ours
        _note_refused(400)
    again = _again() if own and not kept_at else None
    return _answer(400, Refusal(sentence), again_url=kept_at, kept=bool(kept_at), again=again, told=became == "set_aside")


def _no_host(error: BadHost) -> Response:
    """Under a host that is none no address can be made, so no page either."""
    return Response("400 网址里的主机名无效 · The host in the address is not valid\n", 400, mimetype="text/plain")


def _http(error: HTTPException) -> Response:
    discard()
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    if error.code < 500 and not isinstance(error, RateLimitExceeded):
        _note_refused(error.code)
    wait = 60 if isinstance(error, RateLimitExceeded) else None
    response = _answer(error.code, None, wait=wait)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After", "Content-Range"):
            response.headers[name] = value
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _database_away(error: Exception) -> Response:
    if getattr(getattr(error, "orig", None), "sqlstate", None) in WAITED:
        return _waited_in_vain(error)
    _log("the database does not answer", error, places=0)
    full = getattr(getattr(error, "orig", None), "sqlstate", None) == DISK_FULL or _no_room_left()
    return _later(30, full=full)


def _waited_in_vain(error: Exception) -> Response:
    _log("waited in vain for somebody else", error, places=0)
    return _later(5, Refusal(_("等了几秒仍没有轮到：别的操作正占用所需的数据")))


def _cut_off(error: InternalError) -> Response:
    """The database ends a transaction in which nothing was asked for long."""
    return _waited_in_vain(error) if getattr(error.orig, "sqlstate", None) in WAITED else _fault(error)


def _later(seconds: int, refusal: Refusal | None = None, *, full: bool = False) -> Response:
    g.without_frame = True
    g.pop("frame", None)
    _drop_transaction()
    response = _answer(503, refusal, ref=request_id(), wait=seconds, again=_again(), full=full)
    response.headers["Retry-After"] = str(seconds)
    return response


def _unfit(error: DataError) -> Response:
    _log("a value that no column can hold", error)
    _drop_transaction()
    return _answer(400, Refusal(_("网址或填写的内容里有不能使用的字符或数值，没有办理；请返回核对后再试")))


def _no_room_left() -> bool:
    """A database that cannot write its own journal ends, and says nothing any more: the disk that both share tells."""
    settings: Settings = current_app.extensions["settings"]
    try:
        return shutil.disk_usage(settings.files_dir).free < FULL
    except OSError:
        return False


def _system_fault(error: OSError) -> Response:
    """What the system does not let us do: where there is no room, it is said (an upload's temporary file may be large)."""
    if error.errno not in NO_ROOM:
        return _fault(error)
    _log("the disk is full", error)
    _drop_transaction()
    return _answer(503, None, ref=request_id(), full=True)


def _fault(error: Exception) -> Response:
    _log("fault", error)
    g.without_frame = True
    g.pop("frame", None)
    _drop_transaction()
    return _answer(500, None, ref=request_id())


def _drop_transaction() -> None:
    g.transaction_failed = True
    try:
        discard()
    except Exception as error:
        log.error("rollback failed: %s", type(error).__name__)


def _again() -> Again | None:
    """What a page of ours posted, to be sent again once the database is back: there is nowhere else to keep it now.

    Passwords, files and what bears a mark of classification do not come back.
    """
    if request.method != "POST" or is_htmx() or not is_ours():
        return None
    try:
        fields = [
            (name, value)
            for name, value in request.form.items(multi=True)
            if name != "csrf_token" and not is_secret(name) and not classification_mark(value)
        ]
    except HTTPException:  # too large to be read at all
        return None
    return Again(request.mimetype, fields, any(request.files.values()))


def _answer(
    status: int,
    refusal: Refusal | None,
    *,
    ref: str | None = None,
    wait: int | None = None,
    again_url: str | None = None,
    kept: bool = False,
    again: Again | None = None,
    full: bool = False,
    told: bool = False,
) -> Response:
    shows_nothing()
    if wants_json():
        sentences = {} if refusal is None or status == 404 else {"sentence": refusal.sentence, "unmet": refusal.unmet}
        return make_response(jsonify(status=status, **sentences), status)
    if again_url is None and status != 404 and request.method not in SAFE and request.referrer:
        again_url = inside(request.referrer.removeprefix(request.host_url.rstrip("/")))
    body = render_template(
        template("errors/_fragment.html" if is_partial() else "errors/page.html"),
        status=status if status in SAID else (400 if status < 500 else 500),
        refusal=refusal if status != 404 else None,
        ref=ref,
        wait=wait,
        kept=kept,
        again_url=again_url,
        again=again,
        full=full,
        told=told,
        home_url=_home_url(),
        frame=g.setdefault("frame", Frame()),
        bare=True,
    )
    return make_response(body, status)


def _home_url() -> str:
    if current_city() is None:
        return "/"
    if g.get("without_frame"):
        return f"/{current_city().slug}/"  # type: ignore[union-attr]
    return desk_url() if current_visitor() is not None else place_url(Purpose.SIGN_IN)


def _log(what: str, error: BaseException, places: int = 12) -> None:
    lines = []
    cause: BaseException | None = error
    while cause is not None:
        state = getattr(getattr(cause, "orig", None), "sqlstate", None)
        lines.append(f"{type(cause).__module__}.{type(cause).__qualname__}{f' [{state}]' if state else ''}")
        if places:
            frames = traceback.extract_tb(cause.__traceback__)[-places:]
            lines.extend(f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    rule = request.url_rule.rule if request.url_rule else "-"
    log.error("%s at %s %s request=%s\n%s", what, request.method, rule, request_id(), "\n".join(lines))
