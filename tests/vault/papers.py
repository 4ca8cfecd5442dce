"""Files as people upload them, made by hand as small as they can be."""

from __future__ import annotations

import io
import zipfile

import xlsxwriter

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 20


def zipped(parts: dict[str, bytes | str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return made.getvalue()


def docx(*paragraphs: str, extra: dict[str, bytes | str] | None = None) -> bytes:
    """Each `|` in a paragraph begins another run, as word processors split them."""
    body = "".join(
        "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in paragraph.split("|")) + "</w:p>" for paragraph in paragraphs
    )
    document = f'<w:document xmlns:w="urn:w"><w:body>{body}</w:body></w:document>'
    return zipped({"word/document.xml": document} | (extra or {}))


def xlsx(*cells: str) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, cell in enumerate(cells):
            sheet.write_string(number, 0, cell)
    return made.getvalue()


def ofd(text: str) -> bytes:
    page = f'<ofd:Page xmlns:ofd="urn:o"><ofd:TextObject><ofd:TextCode>{text}</ofd:TextCode></ofd:TextObject></ofd:Page>'
    return zipped({"OFD.xml": "<ofd:OFD xmlns:ofd='urn:o'/>", "Doc_0/Pages/Page_0/Content.xml": page})


def pdf(*pages: str, encrypted: str | None = None) -> bytes:
    """A PDF whose font has a character table, so that its Chinese text can be taken out."""
    import pypdf
    from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NumberObject

    writer = pypdf.PdfWriter()
    characters = sorted(set("".join(pages)))
    table = "".join(f"<{number:04X}> <{ord(character):04X}>\n" for number, character in enumerate(characters, 1))
    to_unicode = DecodedStreamObject()
    to_unicode.set_data(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange\n<0000> <FFFF>\n"
        b"endcodespacerange\n" + f"{len(characters)} beginbfchar\n{table}endbfchar\nendcmap end end".encode()
    )
    descendant = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/CIDFontType2"),
            NameObject("/BaseFont"): NameObject("/FangSong"),
            NameObject("/DW"): NumberObject(1000),
        }
    )
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type0"),
            NameObject("/BaseFont"): NameObject("/FangSong"),
            NameObject("/Encoding"): NameObject("/Identity-H"),
            NameObject("/DescendantFonts"): ArrayObject([writer._add_object(descendant)]),
            NameObject("/ToUnicode"): writer._add_object(to_unicode),
        }
    )
    for text in pages:
        page = writer.add_blank_page(595, 842)
        codes = "".join(f"{characters.index(character) + 1:04X}" for character in text)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 16 Tf 72 760 Td <{codes}> Tj ET".encode())
        page[NameObject("/Contents")] = writer._add_object(content)
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): writer._add_object(font)})}
        )
    if encrypted is not None:
        writer.encrypt(encrypted, algorithm="AES-256")
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()
