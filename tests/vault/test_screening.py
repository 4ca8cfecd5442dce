"""State secrets stay out: marks are found however they are written, and ordinary words are left alone."""

import io
import zipfile
import zlib

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.refusals import Invalid
from portal.vault.screening import CLASSIFIED, check_type, classification_mark, screen_file
from tests.vault.papers import JPEG, OLE, PNG, docx, ofd, pdf, xlsx, zipped

MARK = "机密★10年"


@pytest.mark.parametrize(
    "text",
    [
        "机密★10年",
        "秘密★",
        "绝密★长期",
        "★绝密",
        "机密☆",
        "机密*10年",
        "秘密＊5年",
        "机 密 ★ 10 年",
        "机　密　★　１０年",
        "机\u200b密\u2060★\ufeff10年",
        "机\ufe0f密\u00ad★",
        "機密★10年",
        "絕密★",
        "祕密★",
        "【机密】★10年",
        "（★秘密）",
        "机密级★20年",
        "绝密·★启封",
        "附件：秘密★1年\n温委办〔2026〕1号",
        "关于某事的报告_机密_★.docx",
        "⾄今机密⭐",
    ],
)
def test_a_mark_is_found(text):
    assert classification_mark(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "内部",
        "内部★10年",
        "内部资料 ★★★",
        "严守秘密，不得泄露国家秘密",
        "机密文件管理办法",
        "涉及商业秘密的，依法处理",
        "绝密级和机密级事项不得在本系统处理",
        "限定知悉",
        "★ 重点：注意保守秘密",
        "五星★★★★★酒店",
        "不得泄露秘密\n* 第二条",
        "不得泄露秘密\n★ 第二条",
        "紧密★合作，严密*组织",
    ],
)
def test_ordinary_words_are_no_mark(text):
    assert not classification_mark(text)


MARKS = ["密级：机密", "密级:秘密", "密 级 ： 绝 密", "密级为机密", "关于【秘密】某事的报告", "（机密）请阅", "〔绝密〕", "[秘密级]某事", "机密", " 秘 密 ",
         "机密级", "绝密长期", "秘密十年", "标题\n机密\n正文", "甲\t机密\t乙", "机\n密\n★", "机\n\n密★\n10年", "★\n秘密", "秘密\n★"]  # fmt: skip
NO_MARKS = ["商业秘密保护", "关于商业秘密保护的情况反映", "商业秘密", "（商业秘密）", "工作秘密", "密级管理办法", "密级（绝密、机密、秘密）的确定",
            "绝密、机密、秘密三级", "机密文件\n★", "★\n机密文件", "保\n守\n秘\n密", "亲密", "加密级别：高", "文件密级：公开"]  # fmt: skip


@pytest.mark.parametrize("text", MARKS)
def test_I50_marks_without_a_star_are_found(text):
    assert classification_mark(text)
    assert screen_file("a.txt", text.encode())


@pytest.mark.parametrize("text", NO_MARKS)
def test_I50_words_that_only_contain_one_are_taken(text):
    assert not classification_mark(text)


def commented(comment: str = "", hidden: str = "", header: str = "", name: str = "附表") -> bytes:
    """A workbook with these words in a cell's comment, on a hidden sheet, over its pages, as a sheet's name."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        sheet = book.add_worksheet("登记表")
        sheet.write_string(0, 0, "序号")
        sheet.set_header(f'&C&"宋体,常规"&14{header}&R第&P页')
        if comment:
            sheet.write_comment(0, 0, comment)
        other = book.add_worksheet(name)
        other.write_string(3, 2, hidden)
        other.hide()
    return made.getvalue()


@pytest.mark.parametrize("where", ["comment", "hidden", "header", "name"])
@pytest.mark.parametrize("mark", ["机密", "密级：秘密", "【绝密】", "机密★10年"])
def test_I50_a_mark_is_found_in_comments_hidden_sheets_and_headers(where, mark):
    mark = mark if where != "name" else mark.translate(str.maketrans("：【】", "__ "))
    if where == "name" and mark.startswith("密级"):
        mark = "密级 秘密"
    assert screen_file("a.xlsx", commented(**{where: mark}))
    assert not screen_file("a.xlsx", commented(**{where: "商业秘密保护"}))


THREADED = '<ThreadedComments xmlns="urn:t"><threadedComment ref="A1"><text>机密</text></threadedComment></ThreadedComments>'


@pytest.mark.parametrize(
    "data",
    [
        docx("秘密", "★", "正文"),
        docx("秘", "密", "★"),
        docx("机|密", "正文"),
        docx("正文", extra={"word/comments.xml": '<w:comments xmlns:w="urn:w"><w:p><w:r><w:t>机密</w:t></w:r></w:p></w:comments>'}),
    ],
)
def test_I50_a_mark_is_found_over_two_paragraphs_and_in_a_documents_comment(data):
    assert screen_file("a.docx", data)


def test_I50_a_mark_is_found_in_threaded_comments_and_in_what_a_formula_made():
    with zipfile.ZipFile(io.BytesIO(commented())) as plain:
        parts = {name: plain.read(name) for name in plain.namelist()}
    assert screen_file("a.xlsx", zipped(parts | {"xl/threadedComments/threadedComment1.xml": THREADED}))
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        book.add_worksheet().write_formula(0, 0, '="机"&"密"', None, "机密")
    assert screen_file("a.xlsx", made.getvalue())


@pytest.mark.parametrize("name", ["机密.txt", "【秘密】关于某事的报告.png", "密级：机密.pdf"])
def test_I50_a_files_name_that_is_a_mark_is_one(name):
    assert screen_file(name, PNG if name.endswith("png") else "无".encode() if name.endswith("txt") else pdf("报告"))


@given(
    st.sampled_from(["绝密", "机密", "秘密", "絕密", "機密", "祕密"]),
    st.sampled_from("★☆*＊"),
    st.text("\u200b\u200d\u2060\ufeff \u3000\xa0\t", max_size=6),
    st.booleans(),
    st.text(max_size=30),
)
def test_no_spacing_hides_a_mark(word, star, gap, star_first, before):
    mark = [star, *word] if star_first else [*word, star]
    assert classification_mark(f"{before}\n{gap.join(mark)}10年")


@pytest.mark.parametrize("text", ["密" * 300_000, "机密" * 200_000, "【" * 400_000 + "密", "机★" * 200_000 + "密"])
def test_long_text_is_judged_too(text):
    assert not classification_mark(text)
    assert classification_mark(f"{text}★机密")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", MARK.encode()),
        ("a.txt", MARK.encode("gb18030")),
        ("a.txt", MARK.encode("utf-16")),
        ("a.TXT", b"\xef\xbb\xbf" + MARK.encode()),
        ("a.docx", docx("报告", MARK)),
        ("a.docx", docx("报告", "机|密|★|10年")),
        (
            "a.docx",
            docx("报告", extra={"word/header1.xml": f'<w:hdr xmlns:w="urn:w"><w:p><w:t>{MARK}</w:t></w:p></w:hdr>'}),
        ),
        ("a.xlsx", xlsx("序号", MARK)),
        ("a.ofd", ofd(MARK)),
        ("a.pdf", pdf("报告", MARK)),
        ("a.pdf", pdf(MARK, encrypted="")),
        ("a.doc", OLE + "报告\r机密★10年\r".encode("utf-16-le")),
        ("a.doc", OLE + b"x" + "报告\r机 密★10年\r".encode("utf-16-le")),
        ("a.xls", OLE + MARK.encode("gb18030")),
        ("a.wps", OLE + MARK.encode("utf-16-le")),
        ("a.wps", docx(MARK)),
        ("a.et", xlsx(MARK)),
        ("机密★10年.png", PNG),
        ("【绝密】★.txt", "无".encode()),
    ],
)
def test_a_file_with_a_mark_is_a_hit(name, data):
    assert screen_file(name, data) is True


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.txt", "保守秘密".encode()),
        ("a.docx", docx("内部★", "保守国家|秘密", "★ 重点")),
        ("a.xlsx", xlsx("机密文件", "★")),
        ("a.ofd", ofd("内部资料")),
        ("a.pdf", pdf("严守秘密")),
        ("a.doc", OLE + "严守秘密\r★".encode("utf-16-le")),
        ("a.jpg", JPEG),
        ("a.jpeg", JPEG),
        ("照片.PNG", PNG),
    ],
)
def test_an_ordinary_file_passes(name, data):
    assert screen_file(name, data) is False


@pytest.mark.parametrize("name", ["a.zip", "a.rar", "a.7z", "a.tar.gz"])
def test_an_archive_is_refused(name):
    with pytest.raises(Invalid, match="压缩包"):
        check_type(name, zipped({"a.txt": "x"}))


@pytest.mark.parametrize("name", ["a.exe", "a.html", "a.svg", "a.docm", "a", "pdf", ".htaccess", "a.pdf.exe", "a.csv"])
def test_other_kinds_are_refused_and_told_which_are_taken(name):
    with pytest.raises(Invalid, match="pdf、doc、docx"):
        check_type(name, b"x")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", b"MZ\x90\0"),
        ("a.png", JPEG),
        ("a.txt", b"a\0b"),
        ("a.doc", b"{\\rtf1"),
        ("a.docx", pdf("x")),
        ("a.docx", xlsx("x")),
        ("a.xlsx", zipped({"a.txt": "x"})),
        ("a.ofd", docx("x")),
    ],
)
def test_a_content_that_does_not_fit_its_ending_is_refused(name, data):
    with pytest.raises(Invalid, match="扩展名不符"):
        screen_file(name, data)


def test_an_empty_file_is_refused():
    with pytest.raises(Invalid, match="空的"):
        screen_file("a.txt", b"")


def protected_zip():
    data = bytearray(docx("x"))
    data[6] |= 1
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.pdf", pdf(MARK, encrypted="geheim")),
        ("a.docx", OLE + "EncryptedPackage".encode("utf-16-le")),
        ("a.docx", protected_zip()),
    ],
)
def test_what_a_password_closes_cannot_be_screened_and_is_refused(name, data):
    with pytest.raises(Invalid, match="密码"):
        screen_file(name, data)


def bomb(member_name, size):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(member_name, "w") as member:
        for _ in range(size // 1_000_000):
            member.write(b" " * 1_000_000)
    return made.getvalue()


def lying_bomb():
    """Declares 10 bytes and holds 300 MB."""
    data = bytearray(bomb("word/document.xml", 300_000_000))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.rindex(signature) + offset
        data[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(data)


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + ']><w:document xmlns:w="urn:w"><w:t>&j;</w:t></w:document>'
)


def deflated_zeros(size):
    """So many bytes of nothing, deflated: one million is, and its block repeated."""
    deflate = zlib.compressobj(9)
    start = deflate.compress(b"") + deflate.flush(zlib.Z_FULL_FLUSH)
    block = deflate.compress(b"\0" * 1_000_000) + deflate.flush(zlib.Z_FULL_FLUSH)
    checksum = (size % 65521) << 16 | 1
    return start + block * (size // 1_000_000) + b"\x03\0" + checksum.to_bytes(4)


def pdf_bomb():
    made = bytearray(b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n")
    made += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>endobj\n"
    inner = zlib.compress(deflated_zeros(900_000_000), 9)
    made += b"4 0 obj<</Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(inner) + inner + b"\nendstream endobj\n"
    return bytes(made + b"trailer<</Root 1 0 R>>\n%%EOF")


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("bomb.docx", lambda: bomb("word/document.xml", 200_000_000)),
        ("lie.docx", lying_bomb),
        ("laughs.docx", lambda: zipped({"word/document.xml": LAUGHS})),
        ("many.docx", lambda: zipped({"word/document.xml": "<a/>"} | {f"word/{i}.xml": "<a/>" for i in range(6000)})),
        ("broken.docx", lambda: docx("x")[:-30]),
        ("broken.pdf", lambda: b"%PDF-1.7\nnothing"),
        ("bomb.pdf", pdf_bomb),
    ],
)
def test_bombs_and_broken_files_are_refused_and_harm_nothing(name, made):
    with pytest.raises(Invalid, match="无法核查"):
        screen_file(name, made())


def test_the_sentence_says_what_to_do_and_that_nothing_was_kept():
    assert "线下" in str(CLASSIFIED)
    assert "未保存" in str(CLASSIFIED)


def test_a_stored_sentence_never_names_a_mark_itself():
    assert not classification_mark(str(CLASSIFIED))
