"""Whoever sets a term is told who is away in it; of a confidential matter only who reads its content."""

from __future__ import annotations

from datetime import date, timedelta

from portal.kernel import clock
from portal.network.service.being_away import be_away, span_words
from tests.staffing.sending import look, send
from tests.world import World

DAY = timedelta(days=1)


def away(world: World, person: str, first: date, last: date) -> str:
    with world.work(person):
        return span_words(be_away(world.actor(person), first, last))


def said(world: World, by: str, path: str, **fields: object) -> str:
    """The sentence that the next page shows."""
    client = world.browser(by)
    answer = client.post(world.url(path), data={"csrf_token": world.token(client), **fields}, follow_redirects=True)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_who_names_the_handler_sees_his_days_on_the_form_and_after(world: World) -> None:
    matter_id = world.assign(world.register())
    span = away(world, "health.handler", clock.today() + 2 * DAY, clock.today() + 4 * DAY)
    assert f"（{span}外出）" in look(world, "health.liaison", f"matters/{matter_id}/name-handler").get_data(as_text=True)
    shown = said(world, "health.liaison", f"matters/{matter_id}/name-handler", handler=world.posts["health.handler"])
    assert f"{span}外出" in shown


def test_an_absence_after_the_deadline_is_not_said(world: World) -> None:
    matter_id = world.assign(world.register())
    after = world.matter(matter_id).due_on + DAY
    span = away(world, "health.handler", after, after + DAY)
    assert span not in look(world, "health.liaison", f"matters/{matter_id}/name-handler").get_data(as_text=True)


def test_who_assigns_is_told_of_signers_who_are_away(world: World) -> None:
    span = away(world, "health.deputy", clock.today() + DAY, clock.today() + 5 * DAY)
    shown = said(world, "city.supervisor", f"matters/{world.register()}/assign", lead_unit="330300-WJ", co_units="", requirement="")
    assert f"{span}外出" in shown
    assert "分管领导" in shown


def test_the_head_who_sees_the_shell_alone_learns_nobodys_days(world: World) -> None:
    secret = world.assign(world.register(confidential=True), handler="health.handler")
    span = away(world, "health.handler", clock.today() + DAY, clock.today() + 5 * DAY)
    until = world.matter(secret).due_on + 3 * DAY
    send(world, "health.handler", f"matters/{secret}/acknowledge")
    send(world, "health.handler", f"matters/{secret}/extension", due_on=until.isoformat(), reason="x", progress="y")
    shown = said(world, "city.head", f"matters/{secret}/extension-decision", granted="yes")
    assert span not in shown
