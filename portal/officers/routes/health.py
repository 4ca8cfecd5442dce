"""The system administrator's console: whether the portal runs as it should. Totals only, nothing of business content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, flash, request, url_for

from portal.config import Settings
from portal.kernel import clock
from portal.kernel.language import _
from portal.kernel.refusals import Stale
from portal.matters.service import attaching
from portal.officers import acts, machinery, queries, service
from portal.officers.queries import MOST_COUNTED
from portal.officers.routes import blueprint
from portal.web.formats import grouped, size
from portal.web.guards import allows, current_actor
from portal.web.responses import go, page

LITTLE = 0.1  # of the disk, free
LATE_SWEEP = 180  # seconds


@dataclass(frozen=True, slots=True)
class Call:
    """What waits for the system administrator: why, and the one thing he can do about it. `shown` goes with the button."""

    title: str
    why: str
    url: str
    label: str
    shown: str | None = None


def _count(number: int) -> str:
    return f"{MOST_COUNTED:,}+" if number >= MOST_COUNTED else grouped(number)


def _whole(moment: datetime) -> str:
    """With its year, which is what may be wrong; the same in both languages."""
    return f"{clock.local(moment):%Y-%m-%d %H:%M}"


def _large(octets: int) -> str:
    return f"{octets / 2**30:,.1f} GB" if octets >= 2**30 else size(octets)


def _files_line() -> tuple[str, str, str, str, None]:
    found = attaching.compare(attaching.stored())
    wrong = len(found.missing)
    say = _("记录与磁盘相符，可以存入")
    if wrong:
        say = _("记录在，磁盘上没有相符的文件；由运维人员执行 flask files check 列出，从备份中找回")
    elif not found.writable:
        say = _("存放文件的目录不能写入，暂不能上传")
    word = _("缺 %(count)s 份", count=_count(wrong)) if wrong else _("齐全") if found.writable else _("只读")
    return _("上传的文件"), "late" if wrong or not found.writable else "ok", word, say, None


@blueprint.get("/officers/health")
@allows(acts.READ_HEALTH)
def health() -> Response:
    """Queues, sweeps, deliveries, storage, calendar and versions, each with a lamp."""
    settings: Settings = current_app.extensions["settings"]
    found = queries.health()
    bell = machinery.doorbell(settings.redis_url, clock.now())
    free, total = machinery.disk(settings.files_dir)
    missing = queries.year_without_calendar()
    since = None if found.swept_at is None or found.stopped_at else abs((clock.now() - found.swept_at).total_seconds())
    swept = since is not None and since < LATE_SWEEP
    held = (
        (_("备份恢复"), "late", _("暂停发送"),
         _("数据库由备份恢复，提醒和信件暂不发出；由运维人员执行 flask restored 核对后放行"), found.held_since),
    )  # fmt: skip
    lines = [
        *(held if found.held_since else ()),
        (_("巡检"), "ok" if swept else "late",
         _("正常") if swept else _("因时钟停止") if found.stopped_at else _("停顿"),
         _("每半分钟一次；到期的提醒和待发的信件由它发出"), found.swept_at),
        (_("队列"), "ok" if bell.answers else "soon", _("正常") if bell.answers else _("不通"),
         _("等待 %(count)s 项", count=_count(bell.waiting)) if bell.answers
         else _("Redis 没有应答；巡检照常进行，提醒最多迟半分钟"), None),
        (_("工作进程"), "ok" if bell.workers else "late", _("正常") if bell.workers else _("没有"),
         _("%(count)s 个在运行", count=bell.workers), None),
        (_("待发信件"), "soon" if found.waiting else "ok", _count(found.waiting),
         _("邮件服务器不通或暂时拒收时在此等待，一直重试到送出"), found.oldest_due),
        (_("存疑信件"), "soon" if found.doubtful else "ok", _count(found.doubtful),
         _("交给邮件服务器后没有得到确认，不再重发；与其日志核对"), None),
        (_("退信"), "late" if found.failed else "ok", _count(found.failed),
         _("邮件服务器拒收的信件，不会自动重发"), None),
        (_("未发提醒"), "late" if found.reminders_late else "ok", _count(found.reminders_late),
         _("到时超过 10 分钟仍未发出的提醒"), None),
        (_("磁盘"), "late" if free < total * LITTLE else "ok", _("余 %(free)s", free=_large(free)),
         _("共 %(total)s，存放上传的文件", total=_large(total)), None),
        _files_line(),
        (_("数据库"), "ok", _large(found.database_size), _("全部城市合计"), None),
        (_("放假安排"), "soon" if missing else "ok", _("缺 %(year)s 年", year=missing) if missing else _("齐全"),
         _("缺少的年份，涉及的期限为暂定；由秘书处导入"), None),
    ]  # fmt: skip
    running = {"PostgreSQL": found.database_version, "Redis": bell.version or _("不通"), **machinery.versions()}
    calls = list(_calls(found))
    return page("officers/health.html", calls=calls, lines=lines, versions=list(running.items()), now=clock.now())


def _calls(found: queries.Health) -> Iterator[Call]:
    if found.stopped_at is not None and found.swept_at is not None:
        yield Call(
            _("巡检因时钟停止，没有发出任何提醒和信件"),
            _(
                "上次巡检时为 %(before)s，后来时钟显示 %(then)s，相差太大。时钟不对的，请校正服务器时间，巡检随即自动恢复，"
                "不必确认；系统确实停用了这么久、现在的时间 %(now)s 也对的，请确认。确认记入日志，时钟再次跳变仍会停止。",
                before=_whole(found.swept_at), then=_whole(found.stopped_at), now=_whole(clock.now()),
            ),
            url_for("officers.confirm_clock"),
            _("确认现在的时间无误，恢复巡检"),
            clock.now().isoformat(timespec="seconds"),
        )  # fmt: skip
    if found.failed:
        yield Call(
            _("有 %(count)s 封信件被邮件服务器拒收", count=_count(found.failed)),
            _(
                "请在服务器上用命令 flask deliveries failed 查看原因，更正收信地址或邮件服务器的设置后重新发送。"
                "本人已读到消息的，不再发信。"
            ),
            url_for("officers.send_again"),
            _("全部重新发送"),
        )


@blueprint.post("/officers/health/clock")
@allows(acts.KEEP_RUNNING)
def confirm_clock() -> Response:
    """The clock is right, and the sweeps go on."""
    try:
        shown = datetime.fromisoformat(request.form.get("shown", ""))
    except ValueError:
        shown = None
    if shown is None or shown.tzinfo is None:
        raise Stale(_("时钟又变了，请再看一次"))
    service.confirm_clock(current_actor(), shown)
    flash(_("时间已确认，巡检在半分钟内恢复"), "done")
    return go(url_for("officers.health"))


@blueprint.post("/officers/health/letters")
@allows(acts.KEEP_RUNNING)
def send_again() -> Response:
    """What the mail server refused for good is tried once more."""
    count = service.send_again(current_actor())
    flash(_("%(count)s 封信件已重新排队发送", count=count), "done")
    return go(url_for("officers.health"))
