"""Words of an open row are readable by SQL; those of a confidential row leave the process sealed."""

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import ForeignKey, insert, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from portal.vault.encrypted_fields import (
    Sealable,
    Word,
    canonical_digest,
    digest_of,
    erase,
    identity_of,
    word_names,
)
from portal.vault.encryption import SealBroken

CANARY = "金丝雀七号不得外传"


class Base(DeclarativeBase):
    pass


class Paper(Sealable, Base):
    __tablename__ = "paper"

    kind: Mapped[str]
    must: Mapped[int | None] = mapped_column(nullable=False)

    title: str = Word()
    body: str | None = Word()
    answers: dict[str, str] | None = Word()

    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "paper"}


class LongPaper(Paper):
    __tablename__ = "long_paper"

    id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"), primary_key=True)
    annex: str | None = Word()

    __mapper_args__ = {"polymorphic_identity": "long"}


@pytest.fixture(scope="module", autouse=True)
def tables(engine):
    Base.metadata.create_all(engine)
    yield
    Base.metadata.drop_all(engine)


@pytest.fixture
def session(engine):
    with Session(engine) as session:
        yield session
        session.rollback()


json_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(json_text, st.none() | json_text, st.booleans(), json_text)
def test_words_come_back_as_they_were_set(session, title, body, confidential, later):
    paper = Paper(title=title, body=body, confidential=confidential, must=1)
    session.add(paper)
    session.flush()
    session.expire(paper)
    assert (paper.title, paper.body, paper.answers) == (title, body, None)
    paper.title = later
    session.flush()
    session.expunge(paper)
    assert session.get(Paper, paper.id).title == later


def test_sql_reads_the_words_of_open_rows_only(session):
    session.add_all([Paper(title=CANARY, must=1), Paper(title=CANARY, confidential=True, must=1), Paper(title="另一件", must=1)])
    found = session.scalars(select(Paper).where(Paper.plain["title"].astext == CANARY)).all()
    assert [paper.confidential for paper in found] == [False]
    assert session.scalar(select(Paper.plain["title"].astext).where(Paper.confidential)) is None


def test_a_confidential_row_holds_no_plain_word(session):
    paper = Paper(title=CANARY, body="正文", confidential=True, must=1)
    session.add(paper)
    session.flush()
    row = session.execute(text("SELECT plain, sealed, paper::text AS whole FROM paper")).one()
    assert row.plain is None
    assert CANARY.encode() not in row.sealed
    assert CANARY not in row.whole
    assert CANARY.encode().hex() not in row.whole


def test_a_failed_insert_writes_no_confidential_word_to_the_servers_log(session, server):
    for title, confidential in ((CANARY, True), ("公开金丝雀", False)):
        session.add(Paper(title=title, confidential=confidential, must=None))
        with pytest.raises(IntegrityError) as refused:
            session.flush()
        assert (title in str(refused.value)) is not confidential
        session.rollback()
    logged = server.log.read_text(encoding="utf-8")
    assert "公开金丝雀" in logged
    assert CANARY not in logged
    assert CANARY.encode().hex() not in logged


def test_setting_a_word_marks_the_row_and_seals_it_again(session):
    paper = Paper(title="初稿", confidential=True, must=1)
    session.add(paper)
    session.flush()
    before = paper.sealed
    paper.title = "定稿"
    assert paper in session.dirty
    assert paper.sealed != before
    session.flush()
    assert session.scalar(select(Paper.sealed)) == paper.sealed


def test_setting_the_same_word_changes_nothing(session):
    for confidential in (False, True):
        paper = Paper(title="定稿", confidential=confidential, must=1)
        session.add(paper)
        session.flush()
        paper.title = "定稿"
        assert paper not in session.dirty


def test_a_row_swapped_with_another_does_not_open(session):
    first, second = (Paper(title=title, confidential=True, must=1) for title in "甲乙")
    session.add_all([first, second])
    session.flush()
    session.execute(update(Paper).where(Paper.id == first.id).values(sealed=second.sealed))
    session.expire_all()
    assert second.title == "乙"
    with pytest.raises(SealBroken):
        _ = first.title


def test_a_rolled_back_word_is_forgotten(session):
    for confidential in (False, True):
        paper = Paper(title="原文", confidential=confidential, must=1)
        session.add(paper)
        session.commit()
        paper.title = "改文"
        session.flush()
        session.rollback()
        assert paper.title == "原文"
        session.delete(paper)
        session.commit()


@pytest.mark.parametrize(
    "values",
    [
        {"confidential": True, "plain": {"title": "x"}},
        {"confidential": False, "sealed": b"x"},
        {"confidential": True},
        {"confidential": False},
        {"confidential": False, "plain": {}, "sealed": b"x"},
        {"confidential": True, "plain": {}, "sealed": b"x"},
    ],
)
def test_the_database_refuses_words_in_the_wrong_place(session, values):
    with pytest.raises(IntegrityError, match="plain_or_sealed"):
        session.execute(insert(Paper).values(id=uuid4(), kind="paper", must=1, **values))


def test_secrecy_and_id_are_settled_when_the_record_is_made(session):
    paper = Paper(title="公开", must=1)
    with pytest.raises(ValueError, match="settled"):
        paper.confidential = True
    session.add(paper)
    session.commit()
    session.expire_all()
    with pytest.raises(ValueError, match="settled"):
        paper.confidential = True
    with pytest.raises(ValueError, match="settled"):
        paper.id = uuid4()
    paper.confidential = False
    session.delete(paper)
    session.commit()


def test_plain_words_cannot_be_put_into_a_confidential_row():
    paper = Paper(title=CANARY, confidential=True)
    with pytest.raises(ValueError, match="plain"):
        paper.plain = {"title": CANARY}
    with pytest.raises(TypeError):
        Paper(confidential=True, plain={"title": CANARY})


def test_the_order_of_arguments_does_not_matter():
    assert Paper(title=CANARY, confidential=True).plain is None
    identifier = uuid4()
    paper = Paper(title=CANARY, id=identifier, confidential=True)
    assert identity_of(paper) == f"paper:{identifier}"


def test_an_unknown_word_is_refused():
    with pytest.raises(TypeError, match="headline"):
        Paper(headline="x")


def test_a_word_changed_in_place_is_not_mistaken_for_a_stored_one():
    paper = Paper(answers={"事实": "清楚"})
    paper.answers["原因"] = "查明"
    assert paper.answers == {"事实": "清楚"}


def test_no_representation_shows_a_word():
    for confidential in (False, True):
        paper = Paper(title=CANARY, confidential=confidential)
        assert CANARY not in repr(paper)
        assert str(paper.id) in repr(paper)


def test_a_nul_is_refused_before_the_database_sees_it():
    with pytest.raises(ValueError, match="NUL"):
        Paper(title="a\0b")
    assert Paper(title="a\\u0000b").title == "a\\u0000b"


def test_a_void_record_keeps_no_word(session):
    for confidential in (False, True):
        paper = Paper(title=CANARY, confidential=confidential, must=1)
        session.add(paper)
        session.flush()
        erase(paper)
        session.flush()
        session.expire(paper)
        assert paper.title is None


def test_words_of_a_child_table_are_sealed_with_the_parents_identity(session):
    paper = LongPaper(title="题", annex=CANARY, confidential=True, must=1)
    session.add(paper)
    session.flush()
    session.expunge_all()
    found = session.get(Paper, paper.id)
    assert found.annex == CANARY
    assert identity_of(found) == f"paper:{paper.id}"
    assert word_names(LongPaper) == ("title", "body", "answers", "annex")


def test_digests_tell_a_change_and_nothing_else():
    paper, twin = (Paper(title="同意", confidential=True) for _ in range(2))
    before = digest_of(paper)
    assert before == digest_of(paper)
    assert before.keys() == {"title"}
    assert before != digest_of(twin)
    paper.title = "不同意"
    assert digest_of(paper)["title"] != before["title"]
    assert "同意" not in str(before)


def test_a_signature_binds_every_field():
    fields = {"title": "报告", "date": date(2026, 1, 6), "files": ["a", "b"], "copies": None, "n": 1}
    digest = canonical_digest(fields)
    assert len(digest) == 64
    assert digest == canonical_digest(dict(reversed(fields.items())))
    for name in fields:
        assert canonical_digest(fields | {name: "改"}) != digest
        assert canonical_digest({key: value for key, value in fields.items() if key != name}) != digest
    assert canonical_digest(fields | {"files": ["b", "a"]}) != digest


def test_the_canonical_form_is_fixed():
    # Computed apart from the portal: SM3 of {"a":"é督办","at":"2026-01-05T16:00:00.000000+00:00"}.
    expected = "e626686daad940b1b4406262e0b36b43d2e7a8599ba6a73f99eee669ed219f43"
    moment = datetime(2026, 1, 6, tzinfo=timezone(timedelta(hours=8)))
    assert canonical_digest({"at": moment, "a": "e\u0301督办"}) == expected
    assert canonical_digest({"at": moment.astimezone(UTC), "a": "é督办"}) == expected


@pytest.mark.parametrize("value", [1.5, b"x", object(), {1: 2}, datetime(2026, 1, 6)])  # noqa: DTZ001
def test_what_has_no_canonical_form_is_not_signed(value):
    with pytest.raises(TypeError):
        canonical_digest({"a": value})
