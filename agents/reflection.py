"""What many memories come to, without a model: the weightiest of them counted, and what keeps happening.

Pure: the same memories give the same words. A model may put it better; this is what is kept when none does.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from agents.memory import THOUGHTS, Category, Memory
from agents.persona import Persona
from agents.words import terms
from llm.types import Prompt

PARTS: Final = 3  # of a summary
_LEAST_TIMES: Final = 3  # from which it is no accident
_WARM: Final = 120  # mean impact from which somebody does one good
_HOSTILE: Final = -120
_EACH_TIME: Final = 10  # importance that a repetition adds
_MOST_TIMES: Final = 12
_LEAST_KNOWN: Final = 2  # words
_MOST_FACTS: Final = 520  # characters, in a prompt
_WORDS: Final = "none one two three four five six seven eight nine ten eleven twelve"
_NUMBERS: Final = tuple(_WORDS.split())

_Key = TypeVar("_Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Thought:
    """What somebody makes of their memories."""

    text: str
    impact: int
    importance: int


def summary(memories: Sequence[Memory]) -> Thought | None:
    """The two or three weightiest things of a time; None if there was nothing but thoughts."""
    lived = [memory for memory in memories if memory.category not in THOUGHTS]
    if not lived:
        return None
    text = "; ".join(told(lived, PARTS))
    impact = sum(memory.impact for memory in lived) // len(lived)
    return Thought(_sentence(text), impact, max(memory.importance for memory in lived))


def told(memories: Sequence[Memory], most: int) -> list[str]:
    """The same things one by one, weightiest first; what a model is given to make a sentence of."""
    lived = [memory for memory in memories if memory.category not in THOUGHTS]
    groups = sorted(_groups(lived, _gist).values(), key=_rank, reverse=True)
    return [_counted(group) for group in groups[:most]]


def reflections(memories: Sequence[Memory]) -> list[Thought]:
    """What keeps going wrong, what keeps going well, and who does one good or ill; weightiest first."""
    lived = [memory for memory in memories if memory.category not in THOUGHTS]
    by_doing = _groups([memory for memory in lived if memory.doing], lambda memory: memory.doing)
    by_person = _groups(
        [memory for memory in lived if memory.people], lambda memory: (memory.people[0], memory.names[0])
    )
    found = [_of_doing(doing, group) for doing, group in by_doing.items()]
    found += [_of_person(name, group) for (_, name), group in by_person.items()]
    return sorted((one for one in found if one), key=lambda one: one.importance, reverse=True)


def reflection(memories: Sequence[Memory]) -> Thought | None:
    """The weightiest pattern, or two; where there is none, what weighs most."""
    found = reflections(memories)[:2]
    if found:
        text = "; ".join(one.text for one in found)
        return Thought(_sentence(text), found[0].impact, found[0].importance)
    lived = [memory for memory in memories if memory.category not in THOUGHTS]
    if not lived:
        return None
    weightiest = max(lived, key=lambda memory: (memory.importance, memory.tick))
    text = f"what stays with me: {_whole(weightiest)}"
    return Thought(_sentence(text), weightiest.impact, weightiest.importance)


def thought_prompt(thinker: Persona, facts: Sequence[str], *, sums_up: bool) -> Prompt:
    """A short question, under 300 tokens: who one is, and what happened."""
    task = "sum this up" if sums_up else "say what you make of all this"
    return Prompt(
        rules="",
        persona=thinker.core_identity,
        scene="",
        history=(),
        nudge=f"Lately you {_within(facts)}. As {thinker.first_name}, {task} in one plain sentence that begins with I.",
        speaker="",
        listeners=(),
    )


def is_true_to(text: str, facts: Sequence[str]) -> bool:
    """Whether a model has put these things into words, and not others: a small one makes up a life of its own.

    A third of what it says must be in the facts, two words at least, and it must have come to its end.
    """
    said = set(terms(text))
    known = said & set(terms(" ".join(facts)))
    return len(known) >= _LEAST_KNOWN and 3 * len(known) >= len(said) and not text.rstrip().endswith("…")


# -- patterns


def _of_doing(doing: str, group: Sequence[Memory]) -> Thought | None:
    """The same thing, again and again well or badly."""
    badly, well = [one for one in group if one.went_badly], [one for one in group if one.went_well]
    for side, words in ((badly, "keeps going wrong"), (well, "goes well")):
        if len(side) >= _LEAST_TIMES and 2 * len(side) >= len(group):
            share = f"{times(len(side))} out of {number(len(group))}"
            return _thought(f"{doing} {words}, {share}", side)
    return None


def _of_person(name: str, group: Sequence[Memory]) -> Thought | None:
    """The same person, again and again warm or hostile."""
    if len(group) < _LEAST_TIMES:
        return None
    mean = sum(memory.impact for memory in group) // len(group)
    if mean >= _WARM:
        return _thought(f"{name} is good company, {times(len(group))} now", group)
    if mean <= _HOSTILE:
        return _thought(f"nothing good comes of {name}, {times(len(group))} now", group)
    return None


def _thought(text: str, group: Sequence[Memory]) -> Thought:
    impact = sum(memory.impact for memory in group) // len(group)
    return Thought(text, impact, min(1000, _weight(group)))


# -- words


def _gist(memory: Memory) -> str:
    """What makes two memories the same thing done again; what is told in words of its own is like no other."""
    return memory.did if memory.doing else memory.text


def _groups(memories: Sequence[Memory], key: Callable[[Memory], _Key]) -> dict[_Key, list[Memory]]:
    groups: dict[_Key, list[Memory]] = {}
    for memory in memories:
        groups.setdefault(key(memory), []).append(memory)
    return groups


def _weight(group: Sequence[Memory]) -> int:
    most = max(memory.importance for memory in group)
    return most + _EACH_TIME * min(len(group), _MOST_TIMES)


def _rank(group: Sequence[Memory]) -> tuple[int, int]:
    """What is important comes before what is frequent."""
    return max(memory.importance for memory in group), len(group)


def _counted(group: Sequence[Memory]) -> str:
    """One thing in words, with how often and how it mostly went."""
    if len(group) == 1:
        return _whole(group[0])
    what = f"{_gist(group[0])} {times(len(group))}"
    well = sum(memory.went_well for memory in group)
    badly = sum(memory.went_badly for memory in group)
    if 2 * well > len(group):
        return f"{what}, mostly well"
    return f"{what}, mostly badly" if 2 * badly > len(group) else what


def _whole(memory: Memory) -> str:
    """One memory as a part of a longer sentence."""
    text = memory.text.rstrip(".")
    if memory.category is Category.TALK or not memory.doing:
        return text
    return text.replace("; it ", ", and it ", 1)


def number(count: int) -> str:
    """In words as far as people write them."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def times(count: int) -> str:
    """How often."""
    return {1: "once", 2: "twice"}.get(count, f"{number(count)} times")


def _within(facts: Sequence[str]) -> str:
    """As many of them as a short prompt holds, the first at least."""
    held = ""
    for fact in facts:
        longer = f"{held}; {fact}" if held else fact[:_MOST_FACTS]
        if len(longer) > _MOST_FACTS:
            break
        held = longer
    return held


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
