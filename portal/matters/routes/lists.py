"""The page of a list of matters, of one kind or of several: its conditions stand in the address. A feature gives it its words and
the kinds that it lists, and draws it at an address of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from flask import Response, request, url_for
from flask_babel import LazyString

from portal.access.actor import Actor
from portal.access.policy import allowed
from portal.deadlines.rules import SourceLevel
from portal.kernel import clock
from portal.kernel.language import _, _l
from portal.kernel.text import tidy
from portal.matters import lists
from portal.matters.lists import GROUPS, PAGE_SIZE, Conditions, Page, Place, Sort
from portal.matters.lists.views import DrawnGroup, chip_labels, drawn, grouped, place_from, place_words
from portal.matters.models import State
from portal.network.acts import READ_NETWORK
from portal.registry.tasks import TASKS
from portal.web.guards import current_actor
from portal.web.navigation import Button
from portal.web.places import record_url
from portal.web.responses import page

MOST_TYPED = 100
SIZES = (PAGE_SIZE, 50, 100)
USUAL = {"sort": "work", "size": str(PAGE_SIZE)}
# What the form asks for: at once, and in its fold. Every other condition of the address goes along with it unseen.
ASKED = ("q", "source", "state", "unit")
FOLDED = ("leader", "subtree", "due_from", "due_to", "received_from", "received_to")
EXACT = "exact"
SORTS = {"work": _l("今日到期、即将到期、超期、其余"), "due": _l("按期限"), "received": _l("按收到日期")}
VIEWS: tuple[tuple[LazyString, dict[str, str]], ...] = (
    (_l("全部"), {}),
    (_l("在办"), {"open": "1"}),
    (_l("待我办"), {"task": "any"}),
    (_l("省级以上"), {"source": "high"}),
    (_l("退回过的"), {"returned": "1"}),
    (_l("已办结"), {"state": "closed"}),
)
# What a list of several kinds calls itself and its columns.
_NONE = _l("没有符合条件的事项，可去掉一些条件再试。")
_EMPTY = _l("没有符合条件的事项。登记或导入的、交办给本单位的事项会出现在这里。")
_SEARCH_LABEL = _l("编号、标题、文号")
_TITLE_LABEL = _l("标题")
_SOURCE_LABEL = _l("来源")
_LEADER_LABEL = _l("领导")


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the list, and whether it leads to what is shown."""

    label: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class _Pages:
    text: str
    note: str
    count_url: str | None
    prev_url: str | None
    next_url: str | None
    sizes: list[Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPage:
    """A list of matters. `endpoint`: where it stands; `kinds`: which it lists, asked when it is drawn; the rest is what it and
    its columns are called, `none` what is said where nothing fits the conditions, `empty` where there is nothing at all."""

    endpoint: str
    kinds: Callable[[], Collection[str]]
    title: LazyString
    none: LazyString = _NONE
    empty: LazyString = _EMPTY
    search_label: LazyString = _SEARCH_LABEL
    title_label: LazyString = _TITLE_LABEL
    source_label: LazyString = _SOURCE_LABEL
    by_label: LazyString = _SOURCE_LABEL
    leader_label: LazyString = _LEADER_LABEL

    def show(self, acts: Sequence[Button] = (), bulk: Sequence[Link] = ()) -> Response:
        """The list as its reader may see it, or its rows alone to htmx."""
        asked = asked_for(self.endpoint)
        actor = current_actor()
        found = lists.page_of(actor, self.kinds(), asked.conditions, asked.sort, asked.place, asked.size, exact=asked.exact)
        return page(
            "matters/list.html",
            "matters/_list.html",
            called=self,
            acts=list(acts),
            views=[Link(str(label), asked.url(said), said == asked.said) for label, said in VIEWS],
            conditions=asked.said,
            kept={name: value for name, value in (asked.said | asked.manner).items() if name not in (*ASKED, *FOLDED)},
            more=any(name in asked.said for name in FOLDED),
            sources=[("high", _("省级以上")), *((level.value, str(level.label)) for level in SourceLevel)],
            states=[(state.value, str(state.label)) for state in State],
            unit_picker=url_for("network.suggest") if allowed(actor, READ_NETWORK) else None,
            page_url=url_for(self.endpoint),
            print_line=_print_line(actor),
            chips=_chips(asked),
            clear_url=asked.url({}),
            sorts=[Link(str(label), asked.url(sort=name), name == asked.sort) for name, label in SORTS.items()],
            groups=_groups(found, asked),
            bulk=list(bulk),
            pages=_pages(found, asked),
            none=self.none if asked.said else None,
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """The address of a list, read: only what it may say, and nothing else of it. `exact`: how many there are is counted to the
    end, here and on no page that this one leads to."""

    endpoint: str
    conditions: Conditions
    sort: Sort
    size: int
    place: Place | None
    said: dict[str, str]
    exact: bool

    @property
    def manner(self) -> dict[str, str]:
        """How the list is shown, as far as not as usual."""
        return _unusual({"sort": self.sort, "size": str(self.size)})

    @property
    def counted_url(self) -> str:
        """The same page, counted to the end."""
        here = {} if self.place is None else {"before" if self.place.back else "after": place_words(self.place)}
        return self.url(self.said, **here, count=EXACT)

    def url(self, said: dict[str, str] | None = None, **more: str) -> str:
        """The list under these conditions, shown in the same manner."""
        parts: dict[str, Any] = (self.said if said is None else said) | _unusual(self.manner | more)
        return url_for(self.endpoint, **parts)


def asked_for(endpoint: str) -> Asked:
    """What the present address asks of the list at this endpoint."""
    said = {name: tidy(value)[:MOST_TYPED] for name, value in request.args.items() if value.strip()}
    known: dict[str, set[str]] = {
        "source": {"high", *SourceLevel},
        "state": set(State),
        "task": {"any", *TASKS.names},
        "when": set(GROUPS),
        "open": {"1"},
        "returned": {"1"},
        "subtree": {"1"},
    }
    kept: dict[str, str] = {n: said[n] for n in ("q", "unit", "leader") if n in said}
    kept |= {n: said[n] for n, values in known.items() if said.get(n) in values}
    days = {n: _day(said.get(n, "")) for n in ("due_from", "due_to", "received_from", "received_to")}
    kept |= {n: day.isoformat() for n, day in days.items() if day}
    conditions = Conditions(
        text=kept.get("q", ""),
        unit=kept.get("unit", ""),
        subtree="subtree" in kept,
        leader=kept.get("leader", ""),
        state=kept.get("state", ""),
        source=kept.get("source", ""),
        task=kept.get("task", ""),
        when=kept.get("when", ""),
        open="open" in kept,
        returned="returned" in kept,
        **days,
    )
    sort = cast("Sort", said["sort"] if said.get("sort") in SORTS else "work")
    place = None
    if "after" in said:
        place = place_from(said["after"], back=False)
    elif "before" in said:
        place = place_from(said["before"], back=True)
    size = next((size for size in SIZES if str(size) == said.get("size")), PAGE_SIZE)
    return Asked(endpoint, conditions, sort, size, place, kept, exact=said.get("count") == EXACT)


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _unusual(manner: dict[str, str]) -> dict[str, str]:
    return {name: chosen for name, chosen in manner.items() if USUAL.get(name) != chosen}


def _chips(asked: Asked) -> list[Link]:
    return [
        Link(label, asked.url({n: v for n, v in asked.said.items() if n != name}))
        for name, label in chip_labels(asked.conditions).items()
    ]


def _groups(found: Page, asked: Asked) -> list[DrawnGroup]:
    rows = [drawn(row, record_url(row.matter.kind, row.matter.id)) for row in found.rows]
    if not rows:
        return []
    if asked.sort != "work":
        return [DrawnGroup("", "", rows)]
    return grouped(found.rows, rows, begins=found.previous is None, ends=found.next is None)


def _pages(found: Page, asked: Asked) -> _Pages | None:
    if not found.rows:
        return None
    here, note, count_url = len(found.rows), "", None
    if found.total is None:
        text, note = _("本页 %(here)s 件", here=here), _("含有所填字词的件较多，未计总数；多填几个字可得准数")
    else:
        total = f"{found.total:,}"
        if found.total > lists.MOST_COUNTED and not asked.exact:
            total, count_url = f"{lists.MOST_COUNTED:,}+", asked.counted_url
        text = _("本页 %(here)s 件，共 %(total)s 件", here=here, total=total)
    return _Pages(
        text=text,
        note=note,
        count_url=count_url,
        prev_url=asked.url(before=place_words(found.previous)) if found.previous else None,
        next_url=asked.url(after=place_words(found.next)) if found.next else None,
        sizes=[Link(str(size), asked.url(size=str(size)), size == asked.size) for size in SIZES],
    )


def _print_line(reader: Actor) -> str:
    return _("%(name)s 于 %(at)s 打印", name=reader.name, at=f"{clock.local(clock.now()):%Y-%m-%d %H:%M}")
