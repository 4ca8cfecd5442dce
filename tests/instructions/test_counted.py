"""How many a list holds: said as a round number beyond a thousand, and counted where it is asked."""

from __future__ import annotations

import re
from html import unescape

from tests.at_the_door import flat
from tests.instructions.test_register import SECRET, many, numbers, page
from tests.world import World


def test_what_is_beyond_a_thousand_is_counted_to_the_end_where_it_is_asked(world: World) -> None:
    world.assign(world.register(confidential=True, title=SECRET), handler="health.handler")
    many(world, 1_003)
    browser, first = world.browser("health.liaison"), world.url("instructions")

    def shown(address: str) -> str:
        html = flat(browser.get(unescape(address)).get_data(as_text=True))
        return html[html.index('<div id="register-list">') : html.index("</main>")]

    def link(html: str, words: str) -> str:
        found = re.search(rf'href="([^"]+)">{words}</a>', html)
        assert found
        return found[1]

    assert "共 1,000+ 件" in shown(first)
    onward = shown(link(shown(f"{first}?size=50&open=1"), "下一页"))
    counted = shown(link(onward, "数清"))
    assert "共 1,003 件" in counted and "数清" not in counted and "count=" not in counted
    assert numbers(counted) == numbers(onward)
    assert "共 1,000+ 件" in shown(link(counted, "下一页"))
    assert "共 1,004 件" in flat(page(world, "city.head", "?count=exact"))
    browser.post(world.url("language"), data={"csrf_token": world.token(browser), "language": "en"})
    assert "Count them" in shown(first) and "1,003" in shown(f"{first}?count=exact")
