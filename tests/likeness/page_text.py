"""A page as text in lines, alike wherever a browser would show it alike: white space is collapsed as CSS does it for block,
inline and preformatted elements, each block begins a line, attributes stand in the order of their names. Where a space
comes to stand between two words of a line, or goes, that is a difference."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "label", "mark",
    "output", "q", "rp", "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
# What stands in a line as one piece, with lines of its own inside.
_BOXES = frozenset({
    "audio", "button", "canvas", "img", "input", "meter", "object", "progress", "select", "svg", "textarea", "video",
})  # fmt: skip
_EMPTY = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
})  # fmt: skip
_KEPT = frozenset({"pre", "textarea", "script", "style"})
_LISTS = frozenset({"class", "rel", "style", "headers", "sizes", "media"})  # attributes whose white space only parts
_SPACE = re.compile(r"[ \t\n\r\f]+")  # not the ideographic space, which is shown
_TOKENS = frozenset({"csrf_token", "request_key"})
_ADDRESSES = frozenset({"href", "action", "formaction", "src"})
_TOKEN_HEADER = re.compile(r'("X-CSRFToken": *")[^"]*')
_ASSET = re.compile(r"\?v=[0-9a-f]+$")


class _Text(HTMLParser):
    def __init__(self, address: Callable[[str], str]) -> None:
        super().__init__(convert_charrefs=True)
        self.address = address
        self.out: list[str] = []
        self.fresh = True  # at the beginning of a line: a space is not shown here
        self.space: int | None = None  # where in `out` the last space stands, while only tags have come after it
        self.kept = 0
        self.begun = False  # nothing has come yet in what keeps its white space
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        said = "".join(f' {name}="{escape(value)}"' for name, value in sorted(self._attributes(tag, given).items()))
        written = f"<{tag}{said}>"
        if tag in _INLINE or (tag == "input" and given.get("type") == "hidden"):  # what is hidden takes no place in its line
            self.out.append(written)
        elif tag in _BOXES:
            self.out.append(written)
            self.space, self.fresh = None, tag not in _EMPTY
        else:
            self._end_line()
            self.out.append(written)
        if tag in _KEPT:
            self.kept += 1
            self.begun = tag in ("pre", "textarea")
        self._follow(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag in _EMPTY:
            return
        if tag in _KEPT:
            self.kept = max(0, self.kept - 1)
        if tag in _INLINE:
            self.out.append(f"</{tag}>")
        elif tag in _BOXES:
            self._drop_space()
            self.out.append(f"</{tag}>")
            self.fresh = False
        else:
            self._drop_space()
            self.out.append(f"</{tag}>")
            self._end_line()

    def handle_data(self, data: str) -> None:
        if self.kept:
            if self.begun:  # a line's end right after the tag is not shown
                data, self.begun = data.removeprefix("\n"), False
            self.out.append(escape(data, quote=False))
            self.fresh, self.space = False, None
            return
        for number, word in enumerate(_SPACE.split(data)):
            if number and not self.fresh and self.space is None:
                self.space = len(self.out)
                self.out.append(" ")
            if word:
                self.out.append(escape(word, quote=False))
                self.fresh, self.space = False, None

    def handle_decl(self, decl: str) -> None:
        self.out.append(f"<!{decl.lower()}>\n")

    def _drop_space(self) -> None:
        if self.space is not None:
            self.out[self.space] = ""
            self.space = None

    def _end_line(self) -> None:
        self._drop_space()
        self.out.append("\n")
        self.fresh = True

    def _attributes(self, tag: str, given: dict[str, str]) -> dict[str, str]:
        found = {}
        for name, value in given.items():
            if name in _ADDRESSES or name in ("hx-get", "hx-post"):
                value = self.address(_ASSET.sub("", value))
            elif name in _LISTS or name.startswith(("hx-", "data-", "aria-")):
                value = _TOKEN_HEADER.sub(r"\1…", _SPACE.sub(" ", value).strip())
            elif name == "value" and given.get("name") in _TOKENS:
                value = "…"
            found[name] = value
        return found

    def _follow(self, tag: str, given: dict[str, str]) -> None:
        """What a reader can ask for from here, without sending a form."""
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in ("img", "iframe") and "src" in given:
            self.links.append(given["src"])
        if tag == "form" and given.get("method", "get").lower() == "get" and given.get("action"):
            self.links.append(given["action"])
        if "hx-get" in given:
            self.links.append(given["hx-get"])


def text_of_page(html: str, address: Callable[[str], str] = str) -> tuple[str, list[str]]:
    """The page in lines, and the addresses that it leads to; `address` says an address by names."""
    parser = _Text(address)
    parser.feed(html)
    parser.close()
    lines = "".join(parser.out).split("\n")
    return "\n".join(line for line in lines if line.strip(" ")), parser.links
