"""`flask demo …`: play the demonstration city, and say under which names to try it."""

from __future__ import annotations

import os

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.commands.demonstration import play
from portal.commands.demonstration.play import PASSWORD, SLUG
from portal.identity.routes import ShownAccounts, show_accounts
from portal.kernel.city import all_cities
from portal.kernel.language import _l

demo = AppGroup("demo", help="The demonstration city.")

_BEHIND = 5  # steps of politeness towards those who work

NAMES = (
    ("city.ducha", _l("温州市委督查室督查员：登记、导入、交办、审核")),
    ("330324.ducha", _l("永嘉县委督查室督查员：本县事项，审核转办")),
    ("city.ducha.head", _l("温州市委督查室主任：批复延期，查看阅读记录")),
    ("330324-28.liaison", _l("永嘉县卫生健康局联络员：指定承办人、转办")),
    ("330324-28.handler", _l("永嘉县卫生健康局承办人：签收、进展、报结")),
    ("330324-28.office", _l("永嘉县卫生健康局办公室主任：核稿")),
    ("330324-28.deputy", _l("永嘉县卫生健康局分管领导：审签、签发")),
    ("330324-28.leader", _l("永嘉县卫生健康局主要领导：签发")),
    ("city.leader", _l("温州市委主要领导：查看、再次批示")),
    ("city.mishu", _l("温州市委秘书处：单位网络")),
    ("sys.admin", _l("系统管理员：系统运行、双人审批，不见业务内容")),
    ("sec.admin", _l("安全管理员：账号、安全规则、双人审批")),
    ("auditor", _l("审计员：日志、双人审批，不见业务内容")),
)


def show_names(app: Flask) -> None:
    """The demonstration city's sign-in page lists these names; never in production."""
    if not app.extensions["settings"].production:
        words = _l("口令都是 %(password)s。正式使用时三员必须设置动态口令；演示中不强制，可自行设置体验", password=PASSWORD)
        show_accounts(app, ShownAccounts(SLUG, tuple((what, name) for name, what in NAMES), words))


def begin(app: Flask) -> None:
    """Found the demonstration city and play what is open in it; then people may come in."""
    with app.app_context():
        play.begin(_say)


def finish(app: Flask) -> None:
    """Play what is over in it, behind those who work there meanwhile."""
    os.nice(_BEHIND)
    with app.app_context():
        play.finish(_say)


@demo.command("begin")
def begin_command() -> None:
    """Found the demonstration city and play what is open in it."""
    _refuse_in_production()
    play.begin(_say)


@demo.command("finish")
def finish_command() -> None:
    """Play what is over in it; people may work there meanwhile."""
    _refuse_in_production()
    play.finish(_say)


def _refuse_in_production() -> None:
    if current_app.extensions["settings"].production:
        raise click.ClickException("A production installation has no demonstration city.")


def _say(words: str) -> None:
    click.echo(f"  {words}", err=True)


@demo.command("names")
def names() -> None:
    """A handful of sign-in names, one a role, with everybody's password; where the demonstration city is."""
    if not any(one.slug == SLUG and one.demonstration for one in all_cities()):
        raise click.ClickException("There is no demonstration city here.")
    click.echo(f"/{SLUG}/sign-in　口令 password: {PASSWORD}")
    for name, what in NAMES:
        click.echo(f"  {name:<20} {what}")
