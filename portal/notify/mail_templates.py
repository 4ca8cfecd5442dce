"""What leaves the house, by whatever channel: constant words, the reader's own number of unread messages, a link.

Never a title, a unit, a leader or a matter's number. Letters, digests and codes each have one subject.
"""

from __future__ import annotations

from portal.notify.channels import Parcel

SUBJECT = "督办通：您有待办事项"
DIGEST_SUBJECT = "督办通：每日消息汇总"
CODE_SUBJECT = "督办通：确认收信地址"

BODY = """您在督办通有 {unread} 条未读消息，请登录后查看：

{link}

You have unread messages in Duban. Please sign in to read them.

本邮件由系统自动发出，请勿回复。
"""
CODE_BODY = """您在督办通申请使用本地址接收通知。验证码：{code}，30 分钟内有效。

You asked Duban to send notices to this address. Your code is {code}, good for 30 minutes.

如不是您本人申请，请不必理会。本邮件由系统自动发出，请勿回复。
"""

_SUBJECTS = {"message": SUBJECT, "digest": DIGEST_SUBJECT, "code": CODE_SUBJECT}


def subject(parcel: Parcel) -> str:
    """The constant subject."""
    return _SUBJECTS[parcel.carries]


def body(parcel: Parcel, base_url: str) -> str:
    """The whole text; `base_url` is the address people use."""
    if parcel.code is not None:
        return CODE_BODY.format(code=parcel.code)
    return BODY.format(unread=parcel.unread, link=f"{base_url}/{parcel.city_slug}/messages")
