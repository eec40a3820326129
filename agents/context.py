"""The packer: one pure class from what is true to a prompt within its budget, what changes least first.

The order is the server's, not the reader's: a prefix cache keeps what begins with the same bytes. World rules are the
same for everybody, the persona for one speaker always, the scene for one talk; the history only grows; what is true just
now comes last. What does not fit is left out in the order of `context_draft.CUTS`: first what is least missed.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.context_draft import CUTS, MOST_MEMORIES, REMEMBERS, Hearer, LineFacts, Part, Piece, draft_of
from agents.persona import Persona
from agents.world_rules import WORLD_RULES
from llm.token_counts import estimated
from llm.types import Prompt, Turn

__all__ = [
    "Context",
    "ContextPacker",
    "ContextSummary",
    "Hearer",
    "LineFacts",
    "Part",
    "Piece",
    "persona_prompt",
]


@dataclass(frozen=True, slots=True)
class Context:
    """A prompt before it is put together: what stays of the facts, within the budget."""

    speaker: str
    listeners: tuple[str, ...]
    head: tuple[Piece, ...]  # rules, persona, scene
    history: tuple[Turn, ...]
    now: tuple[Piece, ...]
    nudge: str
    lead: str
    budget: int
    tokens: float
    history_tokens: float
    trimmed: tuple[str, ...] = ()  # what was left out, in order

    @property
    def memories(self) -> tuple[str, ...]:
        """Those that went into it."""
        told = (piece.text for piece in self.now if piece.part is Part.MEMORY)
        return tuple(text.partition(f"{REMEMBERS} ")[2] for text in told)


@dataclass(frozen=True, slots=True)
class ContextSummary:
    """A context in numbers."""

    parts: dict[str, float]  # tokens of each part
    tokens: float
    budget: int
    memories: int
    lines: int  # of history
    trimmed: tuple[str, ...]


class ContextPacker:
    """The same facts and the same budget give the same prompt, byte for byte."""

    def __init__(self, budget: int) -> None:
        self._budget = budget

    def build_context_for_npc(self, facts: LineFacts) -> Context:
        """All that fits of what is true."""
        draft = draft_of(facts)
        trimmed: list[str] = []
        for name, cut in CUTS:
            while draft.tokens > self._budget and cut(draft, self._budget):
                if name not in trimmed:
                    trimmed.append(name)
        return Context(
            speaker=facts.speaker.first_name,
            listeners=tuple(hearer.name for hearer in facts.listeners),
            head=tuple(draft.head),
            history=tuple(draft.history),
            now=tuple(draft.now),
            nudge=draft.nudge,
            lead=draft.lead,
            budget=self._budget,
            tokens=draft.tokens,
            history_tokens=sum(draft.line_tokens),
            trimmed=tuple(trimmed),
        )

    @staticmethod
    def build_enhanced_prompt(context: Context) -> Prompt:
        """Put together for whatever form a model wants."""
        texts = {piece.part: piece.text for piece in context.head}
        return Prompt(
            rules=texts[Part.RULES],
            persona=texts[Part.PERSONA],
            scene=texts[Part.SCENE],
            history=context.history,
            nudge=context.nudge,
            speaker=context.speaker,
            listeners=context.listeners,
            lead=context.lead,
            now="\n".join(piece.text for piece in context.now),
        )

    @staticmethod
    def validate_context(context: Context) -> list[str]:
        """What is wrong with it, in words; nothing for one that this packer made."""
        texts = {piece.part: piece.text for piece in context.head}
        known = {context.speaker, *context.listeners}
        problems = []
        if context.tokens > context.budget:
            problems.append(f"about {context.tokens:.0f} tokens, {context.budget} allowed")
        if not texts.get(Part.PERSONA, "").strip():
            problems.append("nobody: the persona is empty")
        if not context.listeners:
            problems.append("said to nobody")
        if context.speaker in context.listeners:
            problems.append(f"{context.speaker} speaks to themselves")
        if sum(piece.part is Part.MEMORY for piece in context.now) > MOST_MEMORIES:
            problems.append(f"more than {MOST_MEMORIES} memories")
        if not any(turn.speaker in known for turn in context.history) and context.history:
            problems.append("none of them said a line of the history")
        return problems

    @staticmethod
    def get_context_summary(context: Context) -> ContextSummary:
        """What is in it, and what is not."""
        parts: dict[str, float] = {}
        for piece in (*context.head, *context.now):
            parts[piece.part.value] = parts.get(piece.part.value, 0.0) + piece.tokens
        parts[Part.HISTORY.value] = context.history_tokens
        parts[Part.NUDGE.value] = estimated(context.nudge + context.lead)
        memories = sum(piece.part is Part.MEMORY for piece in context.now)
        return ContextSummary(
            parts, context.tokens, context.budget, memories, len(context.history), context.trimmed
        )


def persona_prompt(speaker: Persona, block: str) -> Prompt:
    """The part of a speaker's prompts that is the same in all of them, to be read ahead."""
    return Prompt(WORLD_RULES, block, "", (), "", speaker.first_name, ())
