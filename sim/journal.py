"""What enters the world, page by page, and how far it came: enough to let it all happen again.

A page is what entered from one tick up to another. On disk it is text that names its inputs by their class, with fields
as `sim.plain` makes them; nothing but inputs can be read out of it.
"""

from __future__ import annotations

import json
import typing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from agents.cues import Cue
from sim.inputs import Input, PersonCreated, PersonUpdated, PlayerAction
from sim.packing import SaveError
from sim.plain import PlainError, from_plain, to_plain

MARK_TICKS: Final = 600  # between two looks at the whole state
_KINDS: Final[dict[str, type]] = {kind.__name__: kind for kind in (*get_args(PlayerAction), *get_args(Cue))}


@dataclass(frozen=True, slots=True)
class Page:
    """From `first` to `last`, both included."""

    first: int
    last: int
    inputs: tuple[Input, ...] = ()
    marks: tuple[tuple[int, str], ...] = ()  # tick, and the hash of the whole state after it


@dataclass(slots=True)
class Journal:
    """Called after each tick with what it consumed; turned now and then."""

    tick: int  # up to which all is in an earlier page
    mark: Callable[[], str] | None = None  # the state's pulse, where somebody will compare it
    seq: int = 0  # of the newest input
    _inputs: list[Input] = field(default_factory=list)
    _marks: list[tuple[int, str]] = field(default_factory=list)

    def __call__(self, tick: int, inputs: Sequence[Input]) -> None:
        """A tick is over."""
        self._inputs += inputs
        if self.mark is not None and tick % MARK_TICKS == 0:
            self._marks.append((tick, self.mark()))

    def note(self, tick: int, mark: str) -> None:
        """How the town is after a tick, besides what is noted now and then."""
        self._marks.append((tick, mark))

    def turn(self, tick: int) -> Page:
        """All since the last page."""
        page = Page(self.tick + 1, tick, tuple(self._inputs), tuple(self._marks))
        self.tick = tick
        self._inputs, self._marks = [], []
        return page


def page_text(page: Page) -> str:
    """A page as JSON."""
    inputs = [[one.seq, one.tick, type(one.what).__name__, _plain(one.what)] for one in page.inputs]
    return json.dumps([page.first, page.last, inputs, list(page.marks)], ensure_ascii=False)


def page_of(text: str) -> Page:
    """The same again. Raises SaveError for what `page_text` would not have made."""
    try:
        first, last, inputs, marks = json.loads(text)
        read = tuple(_input(*one) for one in inputs)
        told = from_plain(tuple[tuple[int, str], ...], marks, (), "marks")
        page = Page(from_plain(int, first, ()), from_plain(int, last, ()), read, told)
    except (PlainError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise SaveError(f"a page of it is damaged: {error}") from error
    if not page.first <= page.last + 1 or any(not page.first <= one.tick <= page.last for one in read):
        raise SaveError(f"a page of it is out of order, at tick {page.first}")
    return page


def _plain(what: PlayerAction | Cue) -> Any:
    """Its fields; a person's table is JSON already."""
    if isinstance(what, PersonCreated | PersonUpdated):
        return typing.cast("dict[str, Any]", to_plain(replace(what, table={}), [])) | {"table": what.table}
    return to_plain(what, [])


def _input(seq: Any, tick: Any, kind: Any, plain: Any) -> Input:
    made = _KINDS[kind]
    numbers = from_plain(int, seq, (), "seq"), from_plain(int, tick, (), "tick")
    if made not in (PersonCreated, PersonUpdated):
        return Input(*numbers, from_plain(made, plain, (), kind))
    what = from_plain(made, plain | {"table": []}, (), kind)
    if not isinstance(plain["table"], dict):
        raise PlainError(f"{kind}.table: expected a table")
    return Input(*numbers, replace(what, table=plain["table"]))


def by_tick(pages: Sequence[Page]) -> dict[int, tuple[Input, ...]]:
    """What each tick consumed."""
    found: dict[int, list[Input]] = {}
    for one in _all(pages):
        found.setdefault(one.tick, []).append(one)
    return {tick: tuple(inputs) for tick, inputs in found.items()}


def _all(pages: Sequence[Page]) -> Iterator[Input]:
    return (one for page in pages for one in page.inputs)
