"""Keeping state secrets out: what counts as a classification mark, and which files can be taken at all.

A mark is 绝密, 机密 or 秘密 beside a star, usually with a term (机密★10年); after 密级; in brackets (【秘密】); or alone in its
paragraph, cell or field, with or without a term; however it is spaced, in either script, with invisible characters between,
and broken into pieces over short paragraphs. Words that only contain one (商业秘密保护) are no mark, nor is 内部. An asterisk
counts as a star: to refuse a harmless paper costs a minute, to keep a classified one breaks the law.

What this cannot do: pictures, and PDFs that are scanned pictures, cannot be screened at all; nor can text in fonts
without a character table, or anything after the first pages. People stay responsible,
and the forms say so. What cannot be opened (password, damage) is refused, because it cannot be screened.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from portal.kernel.confined import Unreadable, run_confined
from portal.kernel.language import _, _l
from portal.kernel.refusals import Invalid

CLASSIFIED = _l("内容带有国家秘密标志（密级★保密期限），不得在本系统处理。本次填写和上传的内容均未保存，请按保密规定线下办理。")

_STARS = "★☆⭐✩✪✫✬✭✮✯✰⋆🌟"
_ASTERISKS = "*∗✱✲✳⁎"
_FILLER = r"[\[\](){}<>〔〕【】《》「」『』“”‘’\"'·•:_\-—级級]{0,3}"
_WORD = "(?:[绝絕]密|[机機]密|[秘祕]密)"
_MARK = re.compile(f"{_WORD}{_FILLER}[{_STARS}]|[{_STARS}]{_FILLER}{_WORD}|{_WORD}[{_ASTERISKS}]|[{_ASTERISKS}]{_WORD}")
_TERM = "(?:[0-9一二三四五六七八九十]{1,4}(?:年|个?月|[日天])|长期|長期)"
_ALONE = re.compile(f"{_FILLER}{_WORD}{_FILLER}{_TERM}?{_FILLER}")  # the whole of a paragraph, cell or field
_NAMED = re.compile(f"密[级級](?:定为|[为是])?{_FILLER}{_WORD}(?![级級]?[、,/或和与及])")
_BRACKETED = re.compile(rf"[\[(【〖〔]{_WORD}[级級]?[\])】〗〕]")
_CELLS = re.compile("[\t\x07]")
_PIECE = 3  # characters of a paragraph that may be a piece of a mark

# What a file of each ending must be inside.
ACCEPTED = {
    "pdf": {"pdf"},
    "doc": {"ole"},
    "docx": {"zip", "ole"},
    "xls": {"ole"},
    "xlsx": {"zip", "ole"},
    "wps": {"ole", "zip"},
    "et": {"ole", "zip"},
    "ofd": {"zip"},
    "jpg": {"jpeg"},
    "jpeg": {"jpeg"},
    "png": {"png"},
    "txt": {"text"},
}
_ARCHIVES = {"zip", "rar", "7z", "gz", "tar", "tgz", "bz2", "xz"}
_EXTRACTION = Path(__file__).with_name("extraction.py")


def classification_mark(text: str) -> bool:
    """Whether the text carries a mark of classification."""
    normal = unicodedata.normalize("NFKC", text)
    return "密" in normal and (any(map(_marked, normal.splitlines())) or any(map(_broken, _pieces(normal))))


def _marked(line: str) -> bool:
    if "密" not in line:
        return False
    whole = _visible(line)
    cells = (_visible(cell) for cell in _CELLS.split(line))
    return any(mark.search(whole) for mark in (_MARK, _NAMED, _BRACKETED)) or any(map(_ALONE.fullmatch, (whole, *cells)))


def _pieces(text: str) -> Iterator[str]:
    """What stands in several very short paragraphs one after the other, joined."""
    for short, lines in groupby(filter(None, map(_visible, text.splitlines())), lambda line: len(line) <= _PIECE):
        if short:
            yield "".join(lines)


def _broken(joined: str) -> bool:
    return bool(_MARK.search(joined) or _ALONE.fullmatch(joined))


def screen_file(name: str, data: bytes) -> bool:
    """Whether a file carries a mark in its name or, as far as it can be read, on its first pages.

    Pictures are judged by their names only. Refuses (Invalid) a file of a kind that is not taken, and one that cannot
    be opened and therefore not screened.
    """
    kind = check_type(name, data)
    if classification_mark(name) or classification_mark(name.rpartition(".")[0]):
        return True
    match kind:
        case "jpeg" | "png":
            return False
        case "text":
            return classification_mark(_decoded(data))
    try:
        ending = _ending(name)
        text = run_confined(_EXTRACTION, data, kind, ending, seconds=10, memory=768)["text"]
    except Unreadable as error:
        if error.reason == "password":
            raise Invalid(_("文件设有密码，无法核查是否带有密级标志。请解除密码后再上传。")) from None
        if error.reason == "mismatch":
            raise Invalid(_("文件内容与扩展名不符，请另存为正确的格式后再上传。")) from None
        raise Invalid(_("文件已损坏或内容异常，无法核查是否带有密级标志。请另存后再上传。")) from None
    return classification_mark(text)


def check_type(name: str, data: bytes) -> str:
    """What the file is inside (`pdf`, `zip`, `ole`, `jpeg`, `png`, `text`); refuses (Invalid) kinds that are not taken
    and contents that do not fit the ending."""
    ending = _ending(name)
    if ending in _ARCHIVES:
        raise Invalid(_("不接受压缩包，请解压后逐个上传。"))
    if ending not in ACCEPTED:
        raise Invalid(_("不接受这种文件。可以上传：%(kinds)s。", kinds="、".join(kind for kind in ACCEPTED if kind != "jpeg")))
    if not data:
        raise Invalid(_("文件是空的。"))
    kind = _kind(data)
    if kind not in ACCEPTED[ending]:
        raise Invalid(_("文件内容与扩展名不符，请另存为正确的格式后再上传。"))
    return kind


def _ending(name: str) -> str:
    return name.rsplit(".", 1)[-1].strip().lower() if "." in name else ""


def _kind(data: bytes) -> str:
    if data.startswith(b"%PDF-"):
        return "pdf"
    if data.startswith(b"PK\x03\x04"):
        return "zip"
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" not in data:
        return "text"
    return "unknown"


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030", "replace")


def _visible(line: str) -> str:
    return "".join(character for character in line if unicodedata.category(character) not in {"Cf", "Cc", "Mn", "Me", "Zs"})
