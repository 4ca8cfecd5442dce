"""What people are told about the nomination of liaison officers."""

from __future__ import annotations

from portal.kernel.language import _l
from portal.registry.messages import Group, MessageKind, Opens

MESSAGES = (
    MessageKind(
        "nominate",
        Group.OFFICE,
        _l("请推荐本单位联络员"),
        _l("请于%(until)s前推荐%(unit)s联络员"),
        ("unit", "until"),
        opens=Opens("liaisons.nominate", "nomination_id", "about"),
    ),
    MessageKind(
        "nominate_urged",
        Group.OFFICE,
        _l("本单位联络员还没有推荐，请尽快推荐"),
        _l("%(unit)s联络员还没有推荐，%(until)s截止"),
        ("unit", "until"),
        opens=Opens("liaisons.nominate", "nomination_id", "about"),
    ),
    MessageKind(
        "nomination_returned",
        Group.OFFICE,
        _l("推荐的联络员被退回，请重新推荐"),
        _l("推荐的%(unit)s联络员被退回，请重新推荐"),
        ("unit",),
        opens=Opens("liaisons.nominate", "nomination_id", "about"),
    ),
    MessageKind("nomination_accepted", Group.OFFICE, _l("推荐的联络员已任命"), _l("推荐的%(unit)s联络员已任命"), ("unit",)),
    MessageKind(
        "confirm_contact",
        Group.OFFICE,
        _l("请核对您的联络员信息"),
        _l("请核对您的%(unit)s联络员信息"),
        ("unit",),
        opens=Opens("staffing.contact", "post_id", "about"),
    ),
)
