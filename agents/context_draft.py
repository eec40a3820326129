"""From what is true to a draft of a prompt, and what is left out of it, in order, when it is too long. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from agents.persona import Persona
from agents.templates import Situation
from agents.world_rules import WORLD_RULES
from llm.token_counts import estimated
from llm.types import Turn

MOST_MEMORIES: Final = 5
REMEMBERS: Final = "remembers:"
LONGEST_HISTORY: Final = 8  # lines; a longer one is cut from the front
_CUT: Final = 4  # lines at a time: a history that slides by one would be new to the server's cache each time
_A_LINE: Final = 4.0  # tokens of quotes, colon and line break
_SPARE: Final = 10.0  # tokens that putting the parts together takes
_LEAST_MEMORIES: Final = 2
_LEAST_CHARACTERS: Final = 24  # of a part that is cut to the bone
_LONGEST_TEXT: Final = 2000  # characters of any one text; nobody reads more
_MOST_LINES: Final = 24  # of a persona
_LONGEST_LINE: Final = 400  # of what somebody said, remembers or feels

_NUDGES: Final = {
    Situation.GREETING: "{speaker} greets {listener}.",
    Situation.FAREWELL: "{speaker} has to go and says goodbye.",
    Situation.FAREWELL_REPLY: "{speaker} says goodbye.",
    Situation.LEAVE_TAKING: "{speaker} has to go and says goodbye to all.",
    Situation.JOIN_GREETING: "{speaker} joins them and greets {listener}.",
    Situation.INTERJECTION: "{speaker} cuts in.",
    Situation.NEW_TOPIC: "{speaker} turns to something else.",
}


class Part(StrEnum):
    """Of a prompt, in its order."""

    RULES = "rules"
    PERSONA = "persona"
    SCENE = "scene"
    HISTORY = "history"
    TOPIC = "topic"
    MEMORY = "memory"
    MOOD = "mood"
    RELATION = "relation"
    MOMENT = "moment"
    NEEDS = "needs"
    TOWN = "town"
    NUDGE = "nudge"


@dataclass(frozen=True, slots=True)
class Hearer:
    """One who listens, as the speaker sees them."""

    name: str  # first name
    relation: str = ""  # as goes on after "is": "a good friend"; empty: nothing in particular


@dataclass(frozen=True, slots=True)
class LineFacts:
    """What is true at the moment of asking, and what kind of line is due. Texts that are empty are left out."""

    speaker: Persona
    listeners: tuple[Hearer, ...]  # whom it is said to, first
    scene: str
    history: tuple[Turn, ...]  # that the speaker heard
    situation: Situation | None  # None: nothing is asked yet, the server only reads ahead
    block: str = ""  # the speaker's, if somebody has it made already
    lead: str = ""  # first words of the line that stands ready, for a model too small to find its own
    topic: str = ""  # as goes on after "they talk about"
    memories: tuple[str, ...] = ()  # the most telling first
    mood: str = ""  # as goes on after "is"
    moment: str = ""  # time, weather and place in one sentence
    needs: tuple[str, ...] = ()  # as goes on after "is"
    town: str = ""  # what goes on in it, in one sentence


@dataclass(frozen=True, slots=True)
class Piece:
    """One text of a prompt, and about how many tokens it has."""

    part: Part
    text: str
    tokens: float


@dataclass(slots=True)
class Draft:
    """A prompt from which something may still be left out."""

    head: list[Piece]
    history: list[Turn]
    line_tokens: list[float]
    now: list[Piece]
    nudge: str
    lead: str
    asked: float = field(init=False)

    def __post_init__(self) -> None:
        self.asked = estimated(self.nudge) + estimated(self.lead)

    @property
    def tokens(self) -> float:
        """About how many the whole has."""
        pieces = sum(piece.tokens for piece in self.head) + sum(piece.tokens for piece in self.now)
        return pieces + sum(self.line_tokens) + self.asked + _SPARE


def draft_of(facts: LineFacts) -> Draft:
    """All of it, however long."""
    names = {"speaker": facts.speaker.first_name, "listener": _addressed(facts)}
    nudge = _NUDGES.get(facts.situation, "") if facts.situation else ""
    history = [_bounded(turn) for turn in _kept(facts.history)]
    return Draft(
        head=[
            _piece(Part.RULES, WORLD_RULES),
            _piece(Part.PERSONA, _first_lines(facts.block or facts.speaker.persona_block())),
            _piece(Part.SCENE, facts.scene),
        ],
        history=history,
        line_tokens=[_tokens_of(turn) for turn in history],
        now=[] if facts.situation is None else [_piece(part, text) for part, text in _now(facts)],
        nudge=(nudge or _to_whom(facts)).format(**names)[:_LONGEST_LINE],
        lead=facts.lead[:_LONGEST_LINE],
    )


def _now(facts: LineFacts) -> list[tuple[Part, str]]:
    """What is true just now, what matters most first."""
    name, memories = facts.speaker.first_name, facts.memories[:MOST_MEMORIES]
    told = [(Part.MEMORY, f"{name} {REMEMBERS} {memory.rstrip('.')}.") for memory in memories]
    related = [
        (Part.RELATION, f"{hearer.name} is {hearer.relation} to {name}.")
        for hearer in facts.listeners
        if hearer.relation
    ]
    lines = [
        (Part.TOPIC, f"They talk about {facts.topic}." if facts.topic else ""),
        *told[:1],
        (Part.MOOD, f"{name} is {facts.mood}." if facts.mood else ""),
        *related[:1],
        *told[1:],
        (Part.MOMENT, facts.moment),
        (Part.NEEDS, f"{name} is {' and '.join(facts.needs)}." if facts.needs else ""),
        (Part.TOWN, facts.town),
        *related[1:],
    ]
    return [(part, text[:_LONGEST_LINE]) for part, text in lines if text]


def _addressed(facts: LineFacts) -> str:
    return facts.listeners[0].name if facts.listeners else "nobody"


def _to_whom(facts: LineFacts) -> str:
    """Among several it must be said to whom the line goes."""
    return (
        "{speaker} turns to {listener}." if facts.situation is not None and len(facts.listeners) > 1 else ""
    )


def _kept(history: tuple[Turn, ...]) -> tuple[Turn, ...]:
    """The last five to eight lines, beginning at a line that stays the first for four lines."""
    if len(history) <= LONGEST_HISTORY:
        return history
    return history[(len(history) - LONGEST_HISTORY + _CUT - 1) // _CUT * _CUT :]


def _piece(part: Part, text: str) -> Piece:
    text = text[:_LONGEST_TEXT]
    return Piece(part, text, estimated(text))


def _first_lines(block: str) -> str:
    return block if block.count("\n") < _MOST_LINES else "\n".join(block.splitlines()[:_MOST_LINES])


def _bounded(turn: Turn) -> Turn:
    fits = len(turn.text) <= _LONGEST_LINE and len(turn.speaker) <= _LONGEST_LINE
    return turn if fits else Turn(turn.speaker[:_LONGEST_LINE], turn.text[:_LONGEST_LINE])


def _tokens_of(turn: Turn) -> float:
    return estimated(turn.speaker) + estimated(turn.text) + _A_LINE


# -- what is left out, in order; each says whether there was anything to leave out


def _drop_last(draft: Draft, part: Part, least: int = 0) -> bool:
    places = [index for index, piece in enumerate(draft.now) if piece.part is part]
    if len(places) <= least:
        return False
    del draft.now[places[-1]]
    return True


def _oldest_memories(draft: Draft, _budget: int) -> bool:
    return _drop_last(draft, Part.MEMORY, _LEAST_MEMORIES)


def _oldest_lines(draft: Draft, _budget: int) -> bool:
    if len(draft.history) <= _CUT:
        return False
    del draft.history[:_CUT], draft.line_tokens[:_CUT]
    return True


def _what_matters_less(draft: Draft, _budget: int) -> bool:
    return any(_drop_last(draft, part) for part in (Part.TOWN, Part.NEEDS, Part.MOMENT))


def _other_relations(draft: Draft, _budget: int) -> bool:
    return _drop_last(draft, Part.RELATION, 1)


def _all_that_is_now(draft: Draft, _budget: int) -> bool:
    if not draft.now:
        return False
    draft.now.pop()
    return True


def _all_but_the_last_line(draft: Draft, _budget: int) -> bool:
    if len(draft.history) <= 1:
        return False
    del draft.history[0], draft.line_tokens[0]
    return True


def _examples(draft: Draft, budget: int) -> bool:
    """The last lines of the persona's block; never the first, which tells who they are."""
    lines = draft.head[1].text.splitlines()
    if len(lines) <= 1:
        return False
    over, dropped = draft.tokens - budget, 0.0
    while len(lines) > 1 and dropped < over:
        dropped += estimated(f"\n{lines.pop()}")
    draft.head[1] = _piece(Part.PERSONA, "\n".join(lines))
    return True


def _lead(draft: Draft, _budget: int) -> bool:
    if not draft.lead:
        return False
    draft.lead = ""
    draft.__post_init__()
    return True


def _whatever_is_longest(draft: Draft, budget: int) -> bool:
    """Words to the bone: somebody wrote a novel where a sentence was meant."""
    over = draft.tokens - budget
    head = max((1, 2), key=lambda index: draft.head[index].tokens)
    line = draft.line_tokens[-1] if draft.line_tokens else 0.0
    if max(draft.head[head].tokens, line, draft.asked) < 1:
        return False
    if draft.asked >= max(draft.head[head].tokens, line):
        draft.nudge = _shorter(draft.nudge, over, draft.asked)
        draft.__post_init__()
    elif line > draft.head[head].tokens:
        turn = draft.history[-1]
        draft.history[-1] = Turn(_shorter(turn.speaker, 0, 1, 40), _shorter(turn.text, over, line))
        draft.line_tokens[-1] = _tokens_of(draft.history[-1]) if draft.history[-1].text else 0.0
    else:
        piece = draft.head[head]
        draft.head[head] = _piece(piece.part, _shorter(piece.text, over, piece.tokens))
    return True


def _shorter(text: str, over: float, tokens: float, most: int = 1 << 30) -> str:
    """So much less of a text that it has about so many tokens less; nothing, when that leaves too little."""
    share = max(0.0, 1.0 - (over + 1.0) / max(tokens, 1.0))
    kept = text[: min(most, int(len(text) * share))]
    return kept if len(kept) >= _LEAST_CHARACTERS else ""


CUTS: Final[tuple[tuple[str, Callable[[Draft, int], bool]], ...]] = (
    ("older memories", _oldest_memories),
    ("older lines", _oldest_lines),
    ("needs, hour and town", _what_matters_less),
    ("relations to others", _other_relations),
    ("what is true now", _all_that_is_now),
    ("all but the last line", _all_but_the_last_line),
    ("examples", _examples),
    ("first words", _lead),
    ("words of what is longest", _whatever_is_longest),
)
