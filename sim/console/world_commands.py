"""The commands that look at the town as a whole, and that ask for weather and for things to happen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Final

from agents.template_files import WEATHERS
from agents.toml_files import nearest
from sim.activity import Activity
from sim.console.doors import Access
from sim.console.registry import Command, CommandError
from sim.events import Category, Event
from sim.inputs import EventWanted, WeatherWanted
from sim.loop import Loop
from sim.world import World

_LAST: Final = 20  # events that are shown
_PEOPLE: Final = ("npc", "other")  # fields of an event that are rows


@dataclass(frozen=True, slots=True)
class WorldCommands:
    """What they act upon."""

    loop: Loop
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    @property
    def world(self) -> World:
        """The town."""
        return self.loop.world

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("world status", "", "time, weather, what goes on, and what people do", self._status),
            Command("world event", "<event>", "let something happen in town", self._event, Access.STEER),
            Command(
                "world weather",
                "[weather]",
                "the weather, or another one from now on",
                self._weather,
                Access.STEER,
            ),
            Command(
                "world save",
                "[SLOT]",
                "save the town, between this frame and the next",
                self._save,
                Access.RUN,
            ),
            Command("world load", "[SLOT]", "go back to a town that was saved", self._load, Access.RUN),
            Command(
                "world events",
                "[--category C] [--agent NAME] [--last N]",
                "what happened lately",
                self._events,
            ),
        ]

    def _save(self, words: Sequence[str]) -> str:
        self.loop.save_world(_slot(words))
        return "the town is being saved"

    def _load(self, words: Sequence[str]) -> str:
        self.loop.load_world(_slot(words))
        return "looking for that town"

    def _status(self, _words: Sequence[str]) -> str:
        world, moment = self.world, self.world.moment
        doing = [Activity(value) for value in world.people.activity[world.people.present].tolist()]
        counted = ", ".join(f"{doing.count(one)} {one.words}" for one in Activity if one in doing)
        lines = [
            f"{moment}, {moment.season} of year {moment.year}, {moment.period.value}; {world.weather.word}",
            *(f"{one.what.now} ({world.town.places[one.place].title})" for one in world.happenings.active),
            counted,
        ]
        return "\n".join(lines)

    def _event(self, words: Sequence[str]) -> str:
        known = self.world.lore.happenings.index
        name = "_".join(words).lower()
        if not name:
            raise CommandError(f"expected one of {', '.join(sorted(known))}")
        if name not in known:
            raise CommandError(f"nothing is called {name!r}{nearest(name, known)}")
        self.loop.inbox.put(EventWanted(name))
        return f"{self.world.lore.happenings.happenings[known[name]].now}"

    def _weather(self, words: Sequence[str]) -> str:
        if not words:
            return self.world.weather.word
        name = words[0].lower()
        if name not in WEATHERS:
            raise CommandError(f"there is no weather {name!r}{nearest(name, WEATHERS)}")
        self.loop.inbox.put(WeatherWanted(WEATHERS.index(name)))
        return name

    def _events(self, words: Sequence[str]) -> str:
        asked = _options(words)
        category = _category(asked.get("--category"))
        npc = self.row_of(asked["--agent"]) if "--agent" in asked else None
        last = asked.get("--last", str(_LAST))
        if not last.isdigit() or int(last) == 0:
            raise CommandError(f"--last: expected a whole number from 1 on, got {last!r}")
        chosen = self.world.events.select(category, npc, int(last))
        return "\n".join(told(self.world, event) for event in chosen) or "nothing yet"


def told(world: World, event: Event) -> str:
    """One event in a line."""
    parts = []
    for one in fields(event)[1:]:
        value = getattr(event, one.name)
        if one.name in _PEOPLE:
            value = world.roster.first_name(value)
        elif one.name == "participants":
            value = " and ".join(map(world.roster.first_name, value))
        if value not in {"", None}:
            parts.append(f"{one.name} {value}")
    return f"{world.rules.calendar.at(event.tick)} {event.category.value}: {', '.join(parts)}"


def _slot(words: Sequence[str]) -> str:
    if len(words) > 1:
        raise CommandError(f"expected the name of one slot, or none, got {' '.join(words)!r}")
    return words[0] if words else ""


def _options(words: Sequence[str]) -> dict[str, str]:
    """Pairs of a name and a value."""
    known = ("--category", "--agent", "--last")
    for name in words[::2]:
        if name not in known:
            raise CommandError(f"no option {name!r}{nearest(name, known)}")
    if len(words) % 2:
        raise CommandError(f"{words[-1]}: expected a value after it")
    return dict(zip(words[::2], words[1::2], strict=True))


def _category(name: str | None) -> Category | None:
    if name is None:
        return None
    if name not in set(Category):
        raise CommandError(f"there is no category {name!r}{nearest(name, map(str, Category))}")
    return Category(name)
