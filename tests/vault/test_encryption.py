"""What is sealed opens for its own identity with its own key, and for nothing else."""

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.vault import encryption
from portal.vault.encryption import (
    PIECE,
    SealBroken,
    VaultClosed,
    configure,
    create_key_file,
    keyed_digest,
    open_sealed,
    open_stream,
    seal,
    seal_stream,
)

SECRET = "请永嘉县委认真核查，不得外传".encode()


@pytest.fixture
def own_ring():
    before = encryption._ring
    yield
    encryption._ring = before


@given(st.binary(max_size=2000), st.text(st.characters(exclude_categories=["Cs"])))
def test_what_was_sealed_opens(plain, identity):
    assert open_sealed(seal(plain, identity), identity) == plain


def test_nothing_of_the_content_shows():
    assert SECRET not in seal(SECRET, "matter:1")
    assert seal(SECRET, "matter:1") != seal(SECRET, "matter:1")


def test_the_header_names_suite_and_key():
    first, second = seal(b"a", "x:1"), seal(b"b", "x:2")
    assert first[:1] == b"\x01"
    assert first[:5] == second[:5]


def test_another_identity_does_not_open_it():
    with pytest.raises(SealBroken):
        open_sealed(seal(SECRET, "matter:1"), "matter:2")


@given(st.data())
def test_no_byte_can_be_changed(data):
    sealed = bytearray(seal(SECRET, "matter:1"))
    sealed[data.draw(st.integers(0, len(sealed) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        open_sealed(bytes(sealed), "matter:1")


@given(st.binary(max_size=80))
def test_anything_else_is_no_seal(junk):
    with pytest.raises(SealBroken):
        open_sealed(junk, "matter:1")
    with pytest.raises(SealBroken):
        list(open_stream(io.BytesIO(junk), "matter:1"))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 7])
def test_a_stream_opens_whatever_its_length(size):
    content = os.urandom(size)
    pieces = [content[i : i + 70_000] for i in range(0, size, 70_000)]
    sealed = b"".join(seal_stream(pieces, "file:1"))
    assert b"".join(open_stream(io.BytesIO(sealed), "file:1")) == content


def test_a_stream_cannot_be_cut_extended_or_reordered():
    whole = b"".join(seal_stream([os.urandom(PIECE * 2 + 10)], "file:1"))
    head, first, second, last = whole[:21], *(whole[21:][i * (PIECE + 16) : (i + 1) * (PIECE + 16)] for i in range(3))
    assert head + first + second + last == whole
    for wrong in (
        head + first,
        head + first + second,
        head + second + first + last,
        head + first + last,
        head + first + second + last[:-1],
        whole + b"x",
        whole + last,
        head,
    ):
        with pytest.raises(SealBroken):
            list(open_stream(io.BytesIO(wrong), "file:1"))
    with pytest.raises(SealBroken):
        list(open_stream(io.BytesIO(whole), "file:2"))


def test_a_record_does_not_pass_for_a_stream():
    with pytest.raises(SealBroken):
        list(open_stream(io.BytesIO(seal(SECRET * 10, "x:1")), "x:1"))


def test_a_digest_needs_the_key_and_belongs_to_one_identity(own_ring, tmp_path):
    digest = keyed_digest(b"yes", "matter:1:title")
    assert digest == keyed_digest(b"yes", "matter:1:title")
    assert digest != keyed_digest(b"yes", "matter:2:title")
    assert digest != keyed_digest(b"no", "matter:1:title")
    create_key_file(tmp_path / "other")
    configure(tmp_path / "other")
    assert digest != keyed_digest(b"yes", "matter:1:title")


def test_a_new_key_is_private_and_never_replaces_one(tmp_path):
    path = tmp_path / "vault.key"
    create_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        create_key_file(path)


def test_an_added_key_seals_and_the_old_one_still_opens(own_ring, tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    create_key_file(old)
    configure(old)
    sealed = seal(SECRET, "matter:1")
    create_key_file(new)
    new.write_text(new.read_text() + old.read_text())
    configure(new)
    assert open_sealed(sealed, "matter:1") == SECRET
    assert seal(SECRET, "matter:1")[1:5] != sealed[1:5]


def test_another_key_does_not_open_it(own_ring, tmp_path):
    sealed = seal(SECRET, "matter:1")
    create_key_file(tmp_path / "other")
    configure(tmp_path / "other")
    with pytest.raises(SealBroken):
        open_sealed(sealed, "matter:1")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_a_key_open_to_others_is_refused(own_ring, tmp_path, mode):
    path = tmp_path / "vault.key"
    create_key_file(path)
    path.chmod(mode)
    with pytest.raises(VaultClosed, match="600"):
        configure(path)


@pytest.mark.parametrize("content", ["", "\n", "abc", "g" * 64, "a" * 63, "a" * 65, "ä" * 64])
def test_a_key_file_that_holds_no_key_is_refused(own_ring, tmp_path, content):
    path = tmp_path / "vault.key"
    path.touch(0o600)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(VaultClosed):
        configure(path)


def test_a_missing_key_closes_the_vault(own_ring, tmp_path):
    with pytest.raises(VaultClosed, match="does not exist"):
        configure(tmp_path / "nowhere")
    with pytest.raises(VaultClosed):
        seal(b"a", "x:1")


def test_errors_and_representations_do_not_show_the_key(own_ring, vault_key):
    assert vault_key.read_text().strip() not in repr(encryption._ring)
    assert bytes.fromhex(vault_key.read_text().strip()).hex() not in repr(encryption._ring)
