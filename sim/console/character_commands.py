"""The commands that let people come, change and leave: checked here, done by the tick that takes the input."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Final, TypeVar

from agents.card_persona import persona_from_card
from agents.card_png import CardError
from agents.cards import read_card
from agents.persona import Persona, PersonaError, persona_of
from agents.toml_files import read_table
from agents.traits import TRAITS
from agents.villagers import villager_from_seed
from llm.types import NpcId
from sim.census import CensusError, who
from sim.console.doors import Access
from sim.console.registry import Command, CommandError
from sim.inputs import PersonChange, PersonCreated, PersonRemoved, PersonUpdated
from sim.loop import Loop
from sim.systems.people_change import leaver, newcomer, person_changed

_FILE_OF_A_PERSON: Final = ".toml"
_MOST_AT_ONCE: Final = 20
_T = TypeVar("_T")
_TEXTS: Final = frozenset(("name", "occupation", "core_identity", "goal", "secret"))  # never a number


@dataclass(frozen=True, slots=True)
class CharacterCommands:
    """What they act upon."""

    loop: Loop
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("agent find", "[place=ID] [TRAIT=LEAST]", "who is where, who is like what", self._find),
            Command(
                "agent create",
                "FILE",
                "let somebody of a .toml or a character card come",
                self._create,
                Access.RUN,
            ),
            Command(
                "agent update",
                "<name> KEY=VALUE...",
                "change somebody, as traits.piety=0.9",
                self._update,
                Access.RUN,
            ),
            Command(
                "world spawn", "[number]", "let made-up people come to live here", self._spawn, Access.RUN
            ),
            Command("agent remove", "<name>", "let somebody leave the town", self._remove, Access.RUN),
        ]

    def _find(self, words: Sequence[str]) -> str:
        world, wanted = self.loop.world, dict(map(_key_and_text, words))
        traits = {key: text for key, text in wanted.items() if key != "place"}
        if len(traits) > 1:
            raise CommandError(f"expected at most one trait, of {', '.join(TRAITS)}")
        trait, least = next(iter(traits.items()), (None, "0"))
        try:
            rows = who(world, wanted.get("place"), trait, _hundredths(least))
        except CensusError as error:
            raise CommandError(str(error)) from None
        return ", ".join(world.roster.persona(row).id for row in rows.tolist()) or "nobody"

    def _create(self, words: Sequence[str]) -> str:
        if len(words) != 1:
            raise CommandError("expected one file, a person's .toml or a character card")
        table = self._table_of(Path(words[0]))
        persona = _checked(lambda: newcomer(self.loop.world, table))
        self._enter(PersonCreated(table))
        return f"{persona.name}, {persona.occupation}, comes to live at {persona.home.replace('_', ' ')}"

    def _spawn(self, words: Sequence[str]) -> str:
        """Made up as those beyond the written ones are: by the world's seed and their number."""
        number = words[0] if words else "1"
        if len(words) > 1 or not number.isdigit() or not 1 <= int(number) <= _MOST_AT_ONCE:
            raise CommandError(f"expected a number from 1 to {_MOST_AT_ONCE}")
        come = self._made_up(int(number))
        for persona in come:
            self._enter(PersonCreated(persona.model_dump(mode="json")))
        return "\n".join(f"{persona.name}, {persona.occupation}, comes to live here" for persona in come)

    def _made_up(self, number: int) -> list[Persona]:
        """People whose names nobody in town has."""
        world, come = self.loop.world, dict[str, Persona]()
        taken = {persona.id for _, persona in world.roster.known()}
        for index in count(len(world.roster)):
            persona = villager_from_seed(index, world.rules.seed)
            if persona.id not in taken and persona.id not in come:
                come[persona.id] = persona
            if len(come) == number:
                return list(come.values())
        raise AssertionError("a count does not end")

    def _table_of(self, path: Path) -> dict[str, Any]:
        """A whole person, from either kind of file."""
        return _checked(lambda: _person_in(path, self._ids()).model_dump(mode="json"))

    def _ids(self) -> set[str]:
        return {persona.id for _, persona in self.loop.world.roster.residents()}

    def _update(self, words: Sequence[str]) -> str:
        if len(words) < 2:
            raise CommandError("expected a name and what is to change, as traits.piety=0.9")
        row, table = self.row_of(words[0]), _nested(words[1:])
        persona = _checked(lambda: person_changed(self.loop.world, row, table))
        self._enter(PersonUpdated(NpcId(row), table))
        return f"{persona.name} is another: {', '.join(words[1:])}"

    def _remove(self, words: Sequence[str]) -> str:
        if len(words) != 1:
            raise CommandError("expected one name")
        row = self.row_of(words[0])
        persona = _checked(lambda: leaver(self.loop.world, row))
        self._enter(PersonRemoved(NpcId(row)))
        return f"{persona.name} leaves the town"

    def _enter(self, change: PersonChange) -> None:
        self.loop.inbox.put(change)


def _person_in(path: Path, known: set[str]) -> Persona:
    if path.suffix == _FILE_OF_A_PERSON:
        return persona_of(path, read_table(path, PersonaError))
    return persona_from_card(read_card(path), known)


def _checked(ask: Callable[[], _T]) -> _T:
    """What is asked for, or why it cannot be."""
    try:
        return ask()
    except (PersonaError, CardError) as error:
        raise CommandError(str(error)) from None


def _key_and_text(word: str) -> tuple[str, str]:
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise CommandError(f"{word!r}: expected KEY=VALUE")
    return key, text


def _hundredths(text: str) -> int:
    """`0.8` or `80`: a share, or hundredths."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise CommandError(f"{text!r}: expected a share from 0 to 1, such as 0.7")
    return round(value * 100) if value <= 1 else round(value)


def _nested(words: Sequence[str]) -> dict[str, Any]:
    """`traits.piety=0.9 age=30` as the tables they stand for."""
    table: dict[str, Any] = {}
    for key, text in map(_key_and_text, words):
        *above, last = key.split(".")
        inner = table
        for part in above:
            inner = inner.setdefault(part, {})
            if not isinstance(inner, dict):
                raise CommandError(f"{key}: lies below a key that is a single value")
        inner[last] = text if last in _TEXTS else _value(text)
    return table


def _value(text: str) -> Any:
    """As TOML would read it; what is no TOML is the text itself, and so are its dates, which nobody has."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, (str, int, float, list)) else text
