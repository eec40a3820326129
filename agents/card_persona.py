"""From a stranger's character card to a person of this town, and back.

A card tells a name, a character and some lines. Where somebody lives, works and sleeps, and how they look, it cannot
tell: that is made up as for any villager, by a seed from the name, so that one card always gives one person. Notes for
readers (`creator_notes`, `tags`, `creator`) and instructions for models (`system_prompt`,
`post_history_instructions`) go nowhere but into the copy of the card that is kept.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from agents.card_png import CardError
from agents.cards import Card
from agents.persona import Persona, PersonaError, persona_of
from agents.villagers import villager_from_seed

EXTENSION: Final = "twitchman_autonomous_world"  # our own key among a card's extensions
BLOCK_CHARACTERS: Final = 385  # of what a model reads of somebody: a small one has room for no more

_CORE_WORDS: Final = (10, 45)
_LEAST_CORE: Final = 120  # characters that are left for it, however long the examples are
_EXAMPLE_WORDS: Final = (6, 18)
_EXAMPLE_CHARACTERS: Final = 70
_EXAMPLES: Final = 3
_LONGEST_WORD: Final = 24
_READ: Final = 8000  # characters of a text that are looked at
_NAME_CHARACTERS: Final = (14, 20)  # of the first and the last
_TITLES: Final = frozenset(("captain", "dr", "lady", "lord", "miss", "mr", "mrs", "ms", "sir", "the"))
_SHE: Final = re.compile(r"\b(she|her|woman|girl)\b", re.IGNORECASE)
_HE: Final = re.compile(r"\b(he|his|him|man|boy)\b", re.IGNORECASE)
_CHAR: Final = re.compile(r"\{\{char\}\}|<bot>|<char>", re.IGNORECASE)
_USER: Final = re.compile(r"\{\{user\}\}|<user>", re.IGNORECASE)
_MACRO: Final = re.compile(r"\{\{[^{}]*\}\}")
_ACTION: Final = re.compile(r"\*[^*\n]*\*")
_SPOKEN: Final = re.compile(r"[\"\u201c]([^\"\u201c\u201d]+)[\"\u201d]")
_QUOTES: Final = re.compile(r"[\"\u201c\u201d\u201e\u00ab\u00bb]")
_MARKS: Final = re.compile(r"[*_#`~\[\]{}<>|\\]+")
_NAMES: Final = ("id", "name")


@dataclass(frozen=True, slots=True)
class _Sketch:
    """What a card tells of somebody, cut to our measure."""

    name: str
    core_identity: str
    examples: tuple[str, ...]


def persona_from_card(card: Card, known: Collection[str], name: str = "") -> Persona:
    """Who the card is in this town, where the people of `known` ids live. Raises CardError."""
    stranger = _stranger(card)
    sketch = _sketch(card, stranger, name)
    made = _table(sketch, stranger)
    for table in (_own_words(card, made, known), made):
        try:
            return persona_of(Path(f"{made['id']}.toml"), table)
        except PersonaError as error:
            wrong = str(error)
    raise CardError(wrong)


def card_from_persona(persona: Persona, kept: Card | None, version: int) -> Card:
    """The card of somebody; where the card they came from is kept, only what is no longer so is changed in it."""
    card = (kept or Card({"name": persona.name})).as_version(version)
    told = _sketch(kept, _stranger(kept), persona.name) if kept else None
    data = card.data
    if kept is None or town_name(kept, _stranger(kept)) != persona.name:
        data["name"] = persona.name
    if told is None or told.core_identity != persona.core_identity:
        data["description"] = persona.core_identity
    if told is None or told.examples != persona.examples:
        data["mes_example"] = _script(persona.examples)
        data["first_mes"] = persona.examples[0]
    if told is None:
        data["personality"] = ", ".join(persona.voice)
    data["extensions"][EXTENSION] = {"persona": persona.model_dump(mode="json", exclude=set(_NAMES))}
    return card


def _script(examples: Iterable[str]) -> str:
    """Lines as a card has them."""
    return "".join(f"<START>\n{{{{char}}}}: {example}\n" for example in examples)


def town_name(card: Card, stranger: Persona) -> str:
    """A first and a last name as people here have them, as near to the card's as letters allow."""
    plain = unicodedata.normalize("NFKD", card.text("name")[:200]).encode("ascii", "ignore").decode()
    words = re.findall(r"[A-Za-z]{2,}", plain)
    words = [word for word in words if word.lower() not in _TITLES] or words
    if not words:
        return stranger.name
    first, last = words[0], words[-1] if len(words) > 1 else stranger.name.partition(" ")[2]
    most_first, most_last = _NAME_CHARACTERS
    return f"{first[:most_first].capitalize()} {last[:most_last].capitalize()}"


def _stranger(card: Card) -> Persona:
    """A made-up villager, whose life the character gets: a woman where the card says she, a man where it says he."""
    seed = int.from_bytes(blake2b(card.text("name").strip().encode(), digest_size=6).digest())
    about = f"{card.text('description')} {card.text('personality')}"[:_READ]
    woman = len(_SHE.findall(about)) >= len(_HE.findall(about))
    return villager_from_seed((seed + (not woman)) % 2, seed)


def _table(sketch: _Sketch, stranger: Persona) -> dict[str, Any]:
    return stranger.model_dump(mode="json") | {
        "id": sketch.name.partition(" ")[0].lower(),
        "name": sketch.name,
        "core_identity": sketch.core_identity,
        "examples": list(sketch.examples),
    }


def _own_words(card: Card, made: dict[str, Any], known: Collection[str]) -> dict[str, Any]:
    """What we ourselves once wrote into the card, if it is that and those it speaks of live here."""
    ours = card.extensions.get(EXTENSION)
    told = ours.get("persona") if isinstance(ours, dict) else None
    if not isinstance(told, dict):
        return made
    table = made | {key: value for key, value in told.items() if key not in _theirs(card, told)}
    relations = table["relations"]
    if isinstance(relations, list):
        here = [one for one in relations if isinstance(one, dict) and one.get("to") in known]
        table["relations"] = here if len(here) > 1 else made["relations"]
    return table


def _theirs(card: Card, told: dict[str, Any]) -> tuple[str, ...]:
    """What the card itself tells now: its name, and all words of ours that somebody has since changed."""
    lines = told.get("examples")
    script = _script(map(str, lines)) if isinstance(lines, list) else None
    words = {
        "core_identity": told.get("core_identity") != card.text("description"),
        "examples": script != card.text("mes_example"),
    }
    return (*_NAMES, *(key for key, changed in words.items() if changed))


# -- what a card tells


def _sketch(card: Card, stranger: Persona, name: str = "") -> _Sketch:
    name = name or town_name(card, stranger)
    first = name.partition(" ")[0]
    examples = _examples(card, first, stranger)
    spoken = sum(len(first) + len(example) + 5 for example in examples)  # a line each, with colon and quotes
    room = max(_LEAST_CORE, BLOCK_CHARACTERS - spoken)
    return _Sketch(name, _core(card, first, stranger, room), examples)


def _core(card: Card, first: str, stranger: Persona, room: int) -> str:
    """Who they are in whole sentences, as many as there is room for; where the card is short, with a villager's."""
    told = _plain(card.text("description"), first)
    if _too_short(told):
        told = _sentence_each(told, *(_plain(card.text(key), first) for key in ("personality", "scenario")))
    stock = stranger.core_identity.replace(stranger.first_name, first)
    core = _filled("", told, room)
    if _too_short(core):
        core = _filled(_cut(told, room), stock, room)
    return stock if _too_short(core) else core


def _filled(core: str, text: str, room: int) -> str:
    """More sentences, up to the first for which there is no room."""
    for sentence in _sentences(text):
        longer = f"{core} {_ended(sentence)}".strip()
        if not _fits(longer, room):
            break
        core = longer
    return core


def _sentence_each(*texts: str) -> str:
    return " ".join(_ended(text) for text in texts if text)


def _too_short(core: str) -> bool:
    return len(core.split()) < _CORE_WORDS[0]


def _fits(text: str, room: int) -> bool:
    return len(text) <= room and len(text.split()) <= _CORE_WORDS[1]


def _cut(text: str, room: int) -> str:
    """Its first words; where a sentence is longer than all the room there is."""
    kept: list[str] = []
    for word in text.split():
        if not _fits(" ".join((*kept, word)), room - 1):
            break
        kept.append(word)
    return _ended(" ".join(kept).rstrip(",;:- ")) if kept else ""


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _examples(card: Card, first: str, stranger: Persona) -> tuple[str, ...]:
    """Three lines as they would say them: the card's own, and where it has too few, a villager's."""
    lines: list[str] = []
    for spoken in (*_spoken(card, first), *stranger.examples):
        if spoken not in lines:
            lines.append(spoken)
        if len(lines) == _EXAMPLES:
            break
    return tuple(lines)


def _spoken(card: Card, first: str) -> Iterator[str]:
    """What the character says in the card's examples, in pieces of a length that people here speak in."""
    names = "|".join(
        re.escape(name) for name in (card.text("name").strip(), card.text("nickname").strip()) if name
    )
    own = re.compile(rf"(?:\{{\{{char\}}\}}|<bot>|<char>|{names})\s*:(.*)", re.IGNORECASE)
    theirs = re.compile(r"(?:\{\{user\}\}|<user>|you|<start>)\s*:?", re.IGNORECASE)
    speaks = False
    for line in card.text("mes_example")[: 2 * _READ].splitlines():
        begun = own.match(line.strip())
        speaks = begun is not None or (speaks and theirs.match(line.strip()) is None)
        if speaks:
            yield from _pieces(begun[1] if begun else line, first)


def _pieces(line: str, first: str) -> Iterator[str]:
    quoted = _SPOKEN.findall(line)
    text = _plain(" ".join(quoted) if quoted else _ACTION.sub(" ", line), first)
    piece = ""
    for sentence in _sentences(text):
        piece = f"{piece} {_ended(sentence)}".strip()
        if len(piece.split()) >= _EXAMPLE_WORDS[0]:
            if len(piece.split()) <= _EXAMPLE_WORDS[1] and len(piece) <= _EXAMPLE_CHARACTERS:
                yield piece
            piece = ""


def _sentences(text: str) -> list[str]:
    return [one[0].upper() + one[1:] for one in re.split(r"(?<=[.!?])\s+", text) if one]


def _plain(text: str, first: str) -> str:
    """One line of plain words: names put in, marks and quotes taken out, what is no word left out."""
    text = _CHAR.sub(first, text[:_READ])
    text = _MACRO.sub(" ", _USER.sub("somebody", text))
    text = _MARKS.sub(" ", _QUOTES.sub("'", text))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(word for word in text.split() if len(word) <= _LONGEST_WORD)
