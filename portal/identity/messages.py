"""What people are told about the doors to their accounts."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.messages import Group, MessageKind, Opens

MESSAGES = (
    MessageKind(
        "locked_out",
        Group.ACCOUNT,
        _l("您的登录名因连续输错口令被锁定；如不是本人，请报告"),
        _l("您的登录名因连续 %(count)s 次输错口令被锁定；如不是本人，请报告"),
        ("count",),
        opens=Opens("identity.sign_ins"),
    ),
    MessageKind(
        "codes_guessed",
        Group.ACCOUNT,
        _l("有人输对了您的口令，但连续输错动态口令；如不是本人，请立即更改口令并报告"),
        _l("有人输对了您的口令，但连续 %(count)s 次输错动态口令；如不是本人，请立即更改口令并报告"),
        ("count",),
        opens=Opens("identity.sign_ins"),
    ),
)
