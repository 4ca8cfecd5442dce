"""The child's script that takes text out of an uploaded file for screening: `extraction.py <kind> <ending>`.

Run by `kernel.confined` under its limits, so it imports nothing of the portal. Prints {"text": …} or {"refused": code}.
"""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from collections.abc import Iterator
from xml.parsers import expat

MOST_PAGES = 5
MOST_CHARACTERS = 1_000_000
MOST_UNPACKED = 100 * 1024 * 1024
MOST_PARTS = 5_000

_MAIN_PART = {"docx": "word/document.xml", "xlsx": "xl/workbook.xml", "ofd": "OFD.xml"}
_EDGES = {f"{which}{edge}" for which in ("odd", "even", "first") for edge in ("Header", "Footer")}  # of a sheet's pages
_TEXT = {"t", "delText", "TextCode", "title", "subject", "keywords", "description", "category", "text", *_EDGES}
_LINES = {"p", "si", "row", "br", "cr", "TextObject", "comment", *_TEXT - {"t", "delText"}}
_CODES = re.compile(r'&"[^"]*"|&[A-Za-z]|&[0-9]+')  # of a sheet's header, between its words
_AROUND = re.compile("[^\0\r\n]{0,40}密[^\0\r\n]{0,40}")


class Refused(Exception):
    """The file is not read any further; the first argument is the code."""


def of_pdf(data: bytes) -> Iterator[str]:
    """The first pages and the title."""
    import pypdf

    reader = pypdf.PdfReader(io.BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Refused("password")
    yield str((reader.metadata and reader.metadata.title) or "") + "\n"
    for number, page in enumerate(reader.pages):
        if number == MOST_PAGES:
            return
        yield page.extract_text() + "\n"


def of_zip(data: bytes, ending: str) -> Iterator[str]:
    """The text of every XML part of an office document."""
    archive = zipfile.ZipFile(io.BytesIO(data))
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("limit")
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("password")
    if ending in _MAIN_PART and _MAIN_PART[ending] not in archive.namelist():
        raise Refused("mismatch")
    # The document's own text first, so that a flood of other parts cannot push it past the limit.
    for part in sorted(parts, key=lambda part: not part.filename.endswith(("/document.xml", "/sharedStrings.xml"))):
        if part.filename.endswith(".xml"):
            yield from of_xml(archive, part)


def of_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[str]:
    """The text of one part; a part with a document type is refused, so no entity can swell."""
    pieces: list[str] = []
    inside = 0
    calculated = False

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside, calculated
        local = name.rpartition(":")[2]
        if local == "c":
            calculated = attributes.get("t") == "str"  # the words that a formula made
        elif local == "sheet":
            pieces.append(attributes.get("name", "") + "\n")
        inside += local in _TEXT or (calculated and local == "v")
        if local in {"tab", "c", "tc"}:
            pieces.append("\t")

    def end(name: str) -> None:
        nonlocal inside
        local = name.rpartition(":")[2]
        inside -= local in _TEXT or (calculated and local == "v")
        if local in _EDGES:
            pieces[:] = [_CODES.sub("\n", "".join(pieces))]
        if local in _LINES:
            pieces.append("\n")

    def characters(text: str) -> None:
        if inside:
            pieces.append(text)

    def doctype(*_ignored: object) -> None:
        raise Refused("failed")

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    with archive.open(part) as file:
        while chunk := file.read(65536):
            parser.Parse(chunk)
            yield "".join(pieces)
            pieces.clear()
        parser.Parse(b"", True)
    yield "".join(pieces) + "\n"


def of_ole(data: bytes) -> Iterator[str]:
    """What stands around each 密 in an old binary document: its text lies there as UTF-16 or GB 18030."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise Refused("password")
    for text in (
        data.decode("utf-16-le", "replace"),
        data[1:].decode("utf-16-le", "replace"),
        data.decode("gb18030", "replace"),
    ):
        for found in _AROUND.finditer(text):
            yield found.group() + "\n"


def extracted(data: bytes, kind: str, ending: str) -> str:
    """The file's text up to the limit."""
    source = {"pdf": of_pdf, "ole": of_ole}[kind](data) if kind != "zip" else of_zip(data, ending)
    pieces, length = [], 0
    for piece in source:
        pieces.append(piece)
        length += len(piece)
        if length > MOST_CHARACTERS:
            break
    return "".join(pieces)[:MOST_CHARACTERS]


if __name__ == "__main__":
    try:
        answer = {"text": extracted(sys.stdin.buffer.read(), *sys.argv[1:3])}
    except Refused as refused:
        answer = {"refused": str(refused)}
    except MemoryError:
        answer = {"refused": "limit"}
    except Exception:
        # A parser of strangers' files may raise anything.
        answer = {"refused": "failed"}
    sys.stdout.write(json.dumps(answer))
