"""A page as text: alike where a browser shows it alike, different where it does not."""

from __future__ import annotations

import pytest

from tests.likeness.page_text import text_of_page


def _text(html: str) -> str:
    return text_of_page(html)[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<ul><li>甲</li><li>乙</li></ul>", "<ul>\n  <li>\n    甲\n  </li>\n  <li>乙</li>\n</ul>\n"),
        ("<p>甲 <b>乙</b> 丙</p>", "<p>\n  甲\n  <b>乙</b>\n  丙\n</p>"),
        ("<p>甲 <b>乙</b></p>", "<p>甲 <b> 乙</b></p>"),  # of two spaces in a row the first is shown
        ("<p>甲</p><p>乙</p>", "<p>甲</p>\n\n<p>乙</p>"),
        ('<a class="x y" href="/z">甲</a>', '<a href="/z"\n   class="x\n     y">甲</a>'),
        ("<button>甲</button>", "<button>\n  甲\n</button>"),
        ("<select><option>甲</option></select>", "<select>\n<option> 甲 </option>\n</select>"),
        ('<form><input type="hidden"><b>甲</b></form>', '<form>\n<input type="hidden">\n<b>甲</b></form>'),
        ("<p>甲<br>乙</p>", "<p>甲 <br/>\n 乙</p>"),
        ("<textarea>甲</textarea>", "<textarea>\n甲</textarea>"),
        ("<p>甲&amp;乙</p>", "<p>甲&#38;乙</p>"),
        ("<input required>", '<input required="">'),
        ("<p>甲</p>", "<p><!-- said to nobody -->甲</p>"),
        ('<input name="csrf_token" value="a">', '<input name="csrf_token" value="b">'),
        ('<link href="/static/duban.css?v=12ab">', '<link href="/static/duban.css?v=34cd">'),
    ],
)
def test_alike(one: str, other: str) -> None:
    assert _text(one) == _text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p><b>甲</b><i>乙</i></p>", "<p><b>甲</b>\n<i>乙</i></p>"),  # a space comes between two words
        ("<p>甲 <a>乙</a></p>", "<p>甲<a> 乙</a></p>"),  # the space is underlined
        ("<p>甲 <input> 乙</p>", "<p>甲<input> 乙</p>"),
        ("<p>甲 乙</p>", "<p>甲乙</p>"),
        ("<p>甲　乙</p>", "<p>甲 乙</p>"),  # an ideographic space is shown as wide as it is
        ("<p>甲　</p>", "<p>甲</p>"),
        ("<pre>甲\n 乙</pre>", "<pre>甲\n乙</pre>"),
        ("<textarea>甲 </textarea>", "<textarea>甲</textarea>"),
        ("<ul><li>甲</li><li>乙</li></ul>", "<ul><li>乙</li><li>甲</li></ul>"),
        ("<p>甲</p>", "<div>甲</div>"),
        ('<a href="/1">甲</a>', '<a href="/2">甲</a>'),
        ('<button value="1">甲</button>', '<button value="2">甲</button>'),
        ('<p title="甲  乙">丙</p>', '<p title="甲 乙">丙</p>'),
        ('<input name="version" value="3">', '<input name="version" value="4">'),
    ],
)
def test_different(one: str, other: str) -> None:
    assert _text(one) != _text(other)


def test_each_block_is_a_line_and_links_are_found() -> None:
    text, links = text_of_page(
        '<h1>台账</h1><p>共 <b>3</b> 件 <a href="/1?v=2">甲</a></p><form action="/find"><input name="q"></form>'
        '<form method="post" action="/out"><button>退出</button></form><span hx-get="/badge"></span>',
        lambda address: address.replace("1", "一"),
    )
    assert text.splitlines()[:2] == ["<h1>台账</h1>", '<p>共 <b>3</b> 件 <a href="/一">甲</a></p>']
    assert links == ["/1?v=2", "/find", "/badge"]
