"""Who may do what: the acts of network."""

from __future__ import annotations

from portal.access.predicates import holds_a_post, holds_this_post, keeps_from_above, keeps_unit, not_an_officer, secretariat
from portal.kernel.language import _l
from portal.registry.acts import About, Act

READ_NETWORK = Act("read_network", _l("查看单位网络"), rows=((not_an_officer,),), about=About.NOTHING, reading=True)
KEEP_NETWORK = Act("keep_network", _l("维护单位网络"), rows=((secretariat,),), about=About.NOTHING)
KEEP_UNIT = Act("keep_unit", _l("设立下级单位、更名、接收并入"), rows=((keeps_unit,),), about=About.NETWORK)
END_UNIT = Act("end_unit", _l("划转、合并、分设、撤销单位"), rows=((keeps_from_above,),), about=About.NETWORK)
DELEGATE = Act("delegate", _l("委托岗位"), rows=((not_an_officer, holds_a_post),), about=About.NOTHING)
KEEP_PEOPLE = Act("keep_people", _l("任职、离任、代设委托"), rows=((keeps_unit,),), about=About.NETWORK)
KEEP_CONTACT = Act("keep_contact", _l("维护联络员信息"), rows=((keeps_unit,), (holds_this_post,)), about=About.NETWORK)
