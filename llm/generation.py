"""What a caller of the client hands in, checked, and what is handed back. Pure.

A context is a mapping or a `GenerationContext`; only `prompt` must be there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from llm.types import LineStats, Outcome, Prompt, RequestId, RouteReason, Tier, Turn, Weight, Why

_LISTENER: Final = "You"
MOST_CHARACTERS: Final = 100_000
MOST_PARTICIPANTS: Final = 10_000
_FLAGS: Final = frozenset({"is_spotlight", "stream"})
_LISTS: Final = frozenset({"conversation_history", "participants", "memories"})


class BadContext(ValueError):  # noqa: N818 - named for what happened, as all our errors are
    """A context is not what it should be. One line that names the key."""


class GenerationContext(BaseModel):
    """A question of a caller's own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    prompt: Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
    is_spotlight: bool = False
    conversation_history: tuple[Turn, ...] = ()
    participants: int = Field(1, ge=0, le=MOST_PARTICIPANTS)
    topic_complexity: float = Field(0.0, ge=0, le=1)
    stream: bool | None = None  # None: as `streaming.enabled` says
    memories: tuple[str, ...] = ()
    agent_id: str = ""  # questions of one agent supersede each other; without an id none does
    persona: Any = None  # with system_prompt, style_rules, voice_characteristics
    fallback_text: str = ""  # said when no model can answer in time; empty: the client's own

    @field_validator("participants", mode="before")
    @classmethod
    def _count(cls, value: object) -> object:
        """A list of people is as good as their number."""
        return len(value) if isinstance(value, list | tuple | set | frozenset) else value

    @field_validator("conversation_history", mode="before")
    @classmethod
    def _turns(cls, value: object) -> object:
        """A turn is a text, a pair, or a mapping with speaker and text, or with role and content."""
        return tuple(map(_turn, value)) if isinstance(value, list | tuple) else value

    @classmethod
    def of(cls, context: Context) -> Self:
        """Check what was handed in. Raises BadContext."""
        if isinstance(context, cls):
            return context
        try:
            return cls.model_validate({"prompt": context} if isinstance(context, str) else dict(context))
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"])).encode("unicode_escape").decode() or "context"
            raise BadContext(f"context: {key}: {first['msg'].removeprefix('Value error, ')}") from None
        except (TypeError, ValueError):
            raise BadContext(
                f"context: expected a mapping with a prompt, got {type(context).__name__}"
            ) from None

    def as_prompt(self, persona_block: str) -> Prompt:
        """The question as backends take it: no part in a play, so without a speaker."""
        return Prompt(
            rules="",
            persona=persona_block,
            scene="\n".join(self.memories),
            history=self.conversation_history,
            nudge=self.prompt,
            speaker="",
            listeners=(_LISTENER,),
        )

    @property
    def weight(self) -> Weight:
        """What makes it hard, besides its prompt."""
        return Weight(self.topic_complexity, self.participants, len(self.memories))


def plainly_good(context: Context) -> dict[str, Any] | None:
    """A copy of a context that needs no closer look to be known as right; None where it does.

    The closer look costs what a frame has better uses for; what passes here, pydantic lets pass too.
    """
    if type(context) is not dict:
        return None
    copied: dict[str, Any] = {}
    for key, value in context.items():
        kind = type(value)
        if key == "prompt" and kind is str:
            good = 0 < len(value) <= MOST_CHARACTERS
        elif key in _FLAGS:
            good = kind is bool
        elif key == "participants" and kind is int:
            good = 0 <= value <= MOST_PARTICIPANTS
        elif key == "topic_complexity" and kind is float:
            good = 0.0 <= value <= 1.0
        elif key in _LISTS and kind is list:
            value = tuple(value)  # noqa: PLW2901 - the caller may go on with theirs
            good = all(type(one) is str for one in value)
        else:
            return None
        if not good:
            return None
        copied[key] = value
    return copied if "prompt" in copied else None


def _turn(value: object) -> Turn:
    match value:
        case Turn():
            return value
        case str():
            return Turn("", value)
        case (str() as speaker, str() as text):
            return Turn(speaker, text)
        case {"speaker": str() as speaker, "text": str() as text} | {
            "role": str() as speaker,
            "content": str() as text,
        }:
            return Turn(speaker, text)
        case _:
            raise ValueError("a turn is a text, (speaker, text), or a mapping with speaker and text")


Context = Mapping[str, Any] | GenerationContext | str


@dataclass(frozen=True, slots=True)
class ReplyFacts:
    """Where a reply came from."""

    request_id: RequestId
    tier: Tier
    backend: str
    model: str
    route_reason: RouteReason
    outcome: Outcome
    why: Why
    stats: LineStats


class Reply(str):
    """What was said. It is its text, and knows where it came from."""

    __slots__ = ("facts",)
    facts: ReplyFacts

    def __new__(cls, text: str, facts: ReplyFacts) -> Self:
        """A text with its facts."""
        reply = super().__new__(cls, text)
        reply.facts = facts
        return reply

    @property
    def text(self) -> str:
        """The text as a plain string."""
        return str(self)

    @property
    def tier(self) -> Tier:
        """The tier that said it."""
        return self.facts.tier

    @property
    def is_template(self) -> bool:
        """Whether no model answered in time, and a line that was written beforehand stands in."""
        return self.facts.tier is Tier.TEMPLATE and bool(self)

    def __reduce__(self) -> tuple[type[Reply], tuple[str, ReplyFacts]]:
        return Reply, (str(self), self.facts)
