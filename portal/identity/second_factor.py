"""One-time codes by time (TOTP, RFC 6238) as a second factor, and the ten recovery codes for a lost telephone.

A code of the half-minute before or after is accepted too, for clocks that are off; none is accepted twice, nor one older
than the last. The key is sealed; of recovery codes only keyed digests are kept. Counting failures is the caller's.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from portal.identity.models import RecoveryCode, SecondFactor
from portal.identity.passwords import one_time_password
from portal.kernel import clock
from portal.kernel.db import db
from portal.kernel.language import _
from portal.kernel.refusals import Invalid
from portal.vault.encryption import keyed_digest, open_sealed, seal

STEP = 30  # seconds one code lasts
DRIFT = 1  # steps a clock may be off
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class State:
    """What a person's page says: since when it is in force (None: not), the key while it is being set up, and how many
    recovery codes are left."""

    in_force_at: datetime | None
    key: str | None
    codes_left: int


def state_of(person_id: int) -> State:
    """How it stands with this person's second factor."""
    row = _row(person_id)
    if row is None:
        return State(None, None, 0)
    if row.in_force_at is None:
        return State(None, _key(row), 0)
    return State(row.in_force_at, None, codes_left(person_id))


def begin(person_id: int) -> None:
    """Make a new key, not yet in force; an earlier one that never came into force is replaced."""
    values = {"sealed": seal(pyotp.random_base32().encode(), _identity(person_id)), "made_at": clock.now()}
    made = insert(SecondFactor).values(person_id=person_id, **values)
    db.session.execute(
        made.on_conflict_do_update(index_elements=["person_id"], set_=values, where=SecondFactor.in_force_at.is_(None))
    )


def bring_into_force(person_id: int, typed: str) -> list[str]:
    """The first code of the new key was read off: from now on it is asked for. The recovery codes, shown this once.
    Invalid where the code is wrong."""
    row = _row(person_id)
    if row is None or row.in_force_at is not None:
        raise Invalid(_("没有待启用的动态口令，请重新开始设置"))
    counter = _counter(_key(row), typed, None)
    if counter is None:
        sentence = _("动态口令不对；请核对手机的时间，再输入当前显示的 6 位数字")
        raise Invalid(_("动态口令没有启用"), fields={"passcode": sentence})
    row.in_force_at, row.last_counter = clock.now(), counter
    return renew_codes(person_id)


def renew_codes(person_id: int) -> list[str]:
    """Ten new recovery codes; the old ones are void."""
    codes = {one_time_password() for _each in range(RECOVERY_CODES * 2)}
    chosen = sorted(codes)[:RECOVERY_CODES]
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    db.session.add_all(RecoveryCode(person_id=person_id, digest=_digest(person_id, code)) for code in chosen)
    db.session.flush()
    return chosen


def is_in_force(person_id: int, *, since: datetime | None = None) -> bool:
    """Whether this person is asked for a code; `since`: and was already at that moment."""
    found = select(SecondFactor.person_id).where(SecondFactor.person_id == person_id, SecondFactor.in_force_at.is_not(None))
    if since is not None:
        found = found.where(SecondFactor.in_force_at <= since)
    return db.session.scalar(found) is not None


def accepts(person_id: int, typed: str) -> bool:
    """Whether this is a code of now, or a recovery code, not used before; it is used up with this transaction."""
    said = _plain(typed)
    if not (said.isascii() and said.isdigit()):
        return _use_recovery_code(person_id, said)
    row = _row(person_id)
    if row is None or row.in_force_at is None:
        return False
    latest = _step() + DRIFT  # a code used by a clock that was further on does not shut out those of now
    counter = _counter(_key(row), said, row.last_counter if (row.last_counter or 0) <= latest else None)
    if counter is None:
        return False
    used = db.session.execute(  # of two at the same moment one wins
        update(SecondFactor)
        .where(
            SecondFactor.person_id == person_id,
            or_(SecondFactor.last_counter.is_(None), SecondFactor.last_counter < counter, SecondFactor.last_counter > latest),
        )
        .values(last_counter=counter)
        .returning(SecondFactor.person_id)
        .execution_options(synchronize_session=False)
    )
    return used.first() is not None


def end(person_id: int) -> None:
    """It is asked for no longer; key and recovery codes are removed."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person_id))
    db.session.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))


def codes_left(person_id: int) -> int:
    """How many recovery codes have not been used."""
    left = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(left) or 0


def address_of(key: str, name: str, issuer: str) -> str:
    """What the telephone reads out of the drawing."""
    return pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=issuer)


def drawing_of(address: str) -> str:
    """The QR code as an address of its own (data:), drawn as SVG."""
    drawn = segno.make(address, error="m")
    return str(drawn.svg_data_uri(scale=5, border=2, dark="#1b2025", light="#fff"))


def _row(person_id: int) -> SecondFactor | None:
    return db.session.scalar(
        select(SecondFactor).where(SecondFactor.person_id == person_id).execution_options(populate_existing=True)
    )


def _key(row: SecondFactor) -> str:
    return open_sealed(row.sealed, _identity(row.person_id)).decode()


def _identity(person_id: int) -> str:
    return f"second_factor:{person_id}"


def _counter(key: str, typed: str, last: int | None) -> int | None:
    """The half-minute that this is the code of; None where it is none, or was used."""
    said, totp = _plain(typed), pyotp.TOTP(key, interval=STEP)
    now = _step()
    for counter in range(now - DRIFT, now + DRIFT + 1):
        if (last is None or counter > last) and pyotp.utils.strings_equal(said, totp.generate_otp(counter)):
            return counter
    return None


def _step() -> int:
    return int(clock.now().timestamp()) // STEP


def _use_recovery_code(person_id: int, said: str) -> bool:
    used = db.session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.digest == _digest(person_id, said),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.id)
        .execution_options(synchronize_session=False)
    )
    return used.first() is not None


def _digest(person_id: int, code: str) -> str:
    return keyed_digest(_plain(code).encode("utf-8", "replace"), f"recovery_code:{person_id}")


def _plain(typed: str) -> str:
    """As typed, without the blanks and strokes that only make it readable; full-width digits are digits."""
    said = unicodedata.normalize("NFKC", typed[:64])
    return "".join(c for c in said if not c.isspace() and c != "-").lower()
