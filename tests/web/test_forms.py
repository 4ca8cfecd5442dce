"""What every form has in common."""

from __future__ import annotations

from wtforms import StringField

from portal.web.forms import OfficeForm
from tests.world import World


class Asked(OfficeForm):
    """A form with a filter of its own."""

    words = StringField("字样", filters=(lambda value: value and value.upper(),))


def test_a_form_drawn_often_tidies_what_is_typed_once_each_time(world: World) -> None:
    with world.app.test_request_context(world.url(), method="POST", data={"words": "  abc\r\nd "}):
        forms = [Asked() for _time in range(3)]
    assert [form.words.data for form in forms] == ["ABC\nD"] * 3
    assert {len(field.filters) for form in forms for field in form if field.name == "words"} == {2}
