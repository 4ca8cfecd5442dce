"""Words are looked up in one step, or put into a template when it is compiled for a language: what is shown is the same."""

from __future__ import annotations

import pytest
from babel.messages.pofile import read_po
from flask import Flask, render_template
from flask_babel import force_locale, gettext, ngettext

from portal.kernel.language import LANGUAGES, _, _l, _n, spoken
from portal.web.templates import environments
from tests.conftest import CLONE

SAID = """{{ _("保存") }}|{{ _(known) }}|{% trans n=number %}第 {{ n }} 稿{% endtrans %}|{% trans %}下一页{% endtrans %}
|{{ _("%(name)s 于 %(at)s 打印", name=name, at="<9:00>") }}|<a title="{{ _("督办通") }}">{{ _("没有这样的词 100%%") }}</a>"""


@pytest.fixture(scope="module")
def words() -> list[str]:
    with (CLONE / "portal" / "translations" / "en" / "LC_MESSAGES" / "messages.po").open("rb") as catalogue:
        return [str(one.id) for one in read_po(catalogue, locale="en") if one.id and "%" not in str(one.id)][::20]


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_what_is_said_is_what_the_catalogue_says(app: Flask, words: list[str], language: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert spoken() == language
        assert [_(one) for one in words] == [gettext(one) for one in words]
        assert _("第 %(n)s 稿", n=3) == gettext("第 %(n)s 稿", n=3)
        assert _n("%(num)d 日", "%(num)d 日", 1) == ngettext("%(num)d 日", "%(num)d 日", 1)
        assert _n("%(num)d 日", "%(num)d 日", 2) == ngettext("%(num)d 日", "%(num)d 日", 2)


def test_a_language_that_is_forced_for_a_while_is_spoken_for_that_while(app: Flask) -> None:
    save = _l("保存")
    with app.test_request_context(), force_locale("zh"):
        assert (str(save), spoken()) == ("保存", "zh")
        with force_locale("en"):
            assert (str(save), spoken()) == ("Save", "en")
        assert (str(save), spoken()) == ("保存", "zh")


def test_where_nobody_is_spoken_to_the_wording_is_the_official_one() -> None:
    assert (_("保存"), spoken()) == ("保存", "zh")


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_a_template_compiled_for_a_language_says_what_it_said(app: Flask, language: str) -> None:
    told = {"known": "取消", "number": 3, "name": "<b>林朵</b>"}
    with app.test_request_context(), force_locale(language):
        looked_up = app.jinja_env.from_string(SAID).render(told)
        folded = environments(app)[language].from_string(SAID).render(told)
    assert folded == looked_up
    assert "&lt;b&gt;" in folded and "100%<" in folded and "100%%" not in folded


def test_every_template_compiles_for_every_language_and_keeps_nothing_to_look_up(app: Flask) -> None:
    for spoken_by in environments(app).values():
        for name in spoken_by.list_templates():
            source, _file, _fresh = spoken_by.loader.get_source(spoken_by, name)  # type: ignore[union-attr]
            code = spoken_by.compile(source, name, raw=True)
            assert "resolve('_')" not in code and "resolve('gettext')" not in code, name


def test_a_page_of_one_language_never_reaches_a_reader_of_the_other(app: Flask) -> None:
    with app.test_request_context("/"):
        for _turn in range(2):
            for language, word in (("zh", "保存"), ("en", "Save")):
                with force_locale(language):
                    environment = environments(app)[language]
                    assert render_template(environment.from_string('{{ _("保存") }}')) == word
