"""What may be typed: text is stored as typed after NFC, or refused with a reason. Nothing is quietly taken out.

Characters that a reader cannot see, but that change what he reads or what is searched, are refused: direction
controls, zero-width and other invisible characters, control characters, byte order marks, tag characters.

What is looked for is another matter: `folded` says when two spellings are one.
"""

from __future__ import annotations

import re
import unicodedata

from portal.kernel.language import _

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_EDGES = " \t\n\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"

_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and marks that by their category are visible and by their shape are not.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
# One selector after a character chooses its form (rare characters in names); two and more can only carry a message.
_SELECTORS = re.compile("(?:^|[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]")

# What parts, brackets, dots and adorns, after compatibility forms are resolved; the database's function `folded` leaves out
# the same (migration 0020, held together by a test).
_SIGNS = re.compile(
    "[\x01-/:-@\\[-`{-\xbf\xd7\xf7\u02b9-\u02ff\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020"
    "\u3030\u3036\u3037\u303d-\u303f\u30a0\u30fb\ua78f\ufe00-\ufe0f\ufe30-\ufe6f\U0001f000-\U0001faff\U000e0100-\U000e01ef]+"
)


def folded(text: str | None) -> str:
    """The text as it is looked for: without brackets, blanks, dots and any other sign, in one width and one case. Two
    spellings that fold alike are the same number, name or word."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text or "").lower())


def tidy(text: str) -> str:
    """The text as it is stored: NFC, every line end a line feed, no blanks around it."""
    return unicodedata.normalize("NFC", _LINE_ENDS.sub("\n", text)).strip(_EDGES)


def legible(text: str) -> str:
    """The text without characters that nobody can see or type; for what is only asked, never for what is kept."""
    return text if text.isprintable() else "".join(one for one in text if not _objection(one))


def objections(text: str, max_length: int | None = None, *, single_line: bool = False) -> list[str]:
    """Why this tidied text cannot be accepted, as codes for `explain`, each once; empty when it can.

    `max_length` counts characters after NFC.
    """
    found = {code for character in set(text) if (code := _objection(character))}
    if _SELECTORS.search(text):
        found.add("zero_width")
    if single_line and "\n" in text:
        found.add("line_break")
    if max_length is not None and len(text) > max_length:
        found.add("too_long")
    return sorted(found)


def explain(code: str, max_length: int | None = None) -> str:
    """The sentence for a code of `objections`; `max_length` is named in the one for over-long text."""
    if code == "too_long":
        return _("文字过长，最多 %(most)s 个字。", most=max_length)
    return {
        "bidi": _("含有改变文字方向的隐藏字符，请删除后重新输入。"),
        "bom": _("含有隐藏的字节顺序标记，请删除后重新输入。"),
        "control": _("含有控制字符，请删除后重新输入。"),
        "line_break": _("此处只能填写一行文字。"),
        "malformed": _("含有无效的字符编码，请删除后重新输入。"),
        "nul": _("含有空字符，请删除后重新输入。"),
        "tag": _("含有隐藏的标签字符，请删除后重新输入。"),
        "zero_width": _("含有看不见的零宽字符，请删除后重新输入。"),
    }[code]


def _objection(character: str) -> str | None:
    if character in "\n\t":
        return None
    if character == "\0":
        return "nul"
    if character == "\ufeff":
        return "bom"
    if character in _BIDI:
        return "bidi"
    point = ord(character)
    if 0xE0000 <= point <= 0xE007F:
        return "tag"
    if point == 0xFFFD or 0xFDD0 <= point <= 0xFDEF or point & 0xFFFE == 0xFFFE:
        return "malformed"  # U+FFFD stands where somebody's bytes were no text: what was typed is lost already
    match unicodedata.category(character):
        case "Cc" | "Zl" | "Zp":
            return "control"
        case "Cs":
            return "malformed"
        case "Cf":
            return "zero_width"
    return "zero_width" if character in _BLANK else None
