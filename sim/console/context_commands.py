"""`context`: what a model would be asked with for somebody's next line, in numbers, in words, and whether it is sound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass

from agents.context import Context, ContextPacker
from llm.prompt_forms import as_script
from sim.briefing import Wanted, brief
from sim.console.registry import Command, CommandError
from sim.loop import Loop
from sim.systems.ask import is_watched


@dataclass(frozen=True, slots=True)
class ContextCommands:
    """What the commands act upon. Nothing in the town is changed by looking."""

    loop: Loop
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command(
                "context build", "<name>", "what goes into the next line's prompt, in tokens", self._build
            ),
            Command("context prompt", "<name>", "the prompt itself, as a script", self._prompt),
            Command("context validate", "<name>", "whether anything is wrong with it", self._validate),
        ]

    def _build(self, words: Sequence[str]) -> str:
        context = self._context(words)
        summary = ContextPacker.get_context_summary(context)
        parts = [f"  {part:<9}{tokens:5.0f}" for part, tokens in summary.parts.items() if tokens]
        left_out = ", ".join(summary.trimmed) or "nothing"
        return "\n".join(
            (
                (
                    f"{context.speaker} to {', '.join(context.listeners)}: about {summary.tokens:.0f} of "
                    f"{summary.budget} tokens, {summary.memories} memories, {summary.lines} lines heard"
                ),
                *parts,
                f"left out: {left_out}",
            )
        )

    def _prompt(self, words: Sequence[str]) -> str:
        text, _ = as_script(ContextPacker.build_enhanced_prompt(self._context(words)))
        return text

    def _validate(self, words: Sequence[str]) -> str:
        return "\n".join(ContextPacker.validate_context(self._context(words))) or "nothing is wrong with it"

    def _context(self, words: Sequence[str]) -> Context:
        """As if they had the floor now."""
        if len(words) != 1:
            raise CommandError("expected one name")
        row, world = self.row_of(words[0]), self.loop.world
        talk = world.talks.get(int(world.people.talk[row]))
        if talk is None or row not in talk.participants:
            name = world.roster.first_name(row)
            raise CommandError(
                f"{name} is in no talk, so there is nothing to say; `conversation list` shows who is"
            )
        if talk.speaker != row:
            talk = copy(talk)
            talk.give_floor(row, talk.speaker)
        model = world.rules.model
        budget = model.spotlight_tokens if is_watched(world, talk) else model.prompt_tokens
        return ContextPacker(budget).build_context_for_npc(brief(world, talk, Wanted(talk.due())))
