"""The commands about the models: what there is, how it does, what it costs; and the switches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, Protocol

from agents.context import persona_prompt
from agents.persona import Persona
from llm.budget import BudgetFacts
from llm.lane import LaneFacts
from llm.performance import Figures, Performance
from llm.persona_cache import PersonaCache
from llm.prompt_forms import estimated_tokens
from llm.settings import LlmSettings
from llm.trial import Trial
from llm.types import Tier, TierState, TierStatus
from sim.console.doors import Access
from sim.console.registry import Command, CommandError, Later, Reply

_SWITCH: Final = {"true": True, "on": True, "yes": True, "false": False, "off": False, "no": False}
_ASKED: Final = (Tier.CLOUD, Tier.LOCAL)


class ModelsDesk(Protocol):
    """What commands may ask of the models beside the door that the world uses."""

    @property
    def performance(self) -> Performance:
        """The counters."""

    def status_of(self, tier: Tier) -> TierStatus:
        """The state of a tier."""

    @property
    def lanes(self) -> Sequence[LaneFacts]:
        """Each backend in use."""

    @property
    def tasks(self) -> int:
        """What the background has to do."""

    @property
    def money(self) -> BudgetFacts | None:
        """What the cloud has cost; None where there is none."""

    def test_line(self, tier: Tier) -> Future[Trial]:
        """One real round trip."""


@dataclass(frozen=True, slots=True)
class LlmCommands:
    """What they act upon."""

    models: ModelsDesk
    settings: LlmSettings
    personas: PersonaCache
    person: Callable[[str], Persona]  # by id or first name; raises CommandError
    block: Callable[[Persona], str]

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("llm status", "", "where lines come from, and the settings in force", self._status),
            Command("llm test", "", "one real round trip to each tier", self._test, Access.RUN),
            Command(
                "llm hybrid",
                "[true|false]",
                "choose between local and cloud per line",
                self._hybrid,
                Access.RUN,
            ),
            Command(
                "llm streaming",
                "[true|false]",
                "hand words on as they come, or whole",
                self._streaming,
                Access.RUN,
            ),
            Command("llm performance", "", "success, errors and times per tier", self._performance),
            Command("llm persona", "<agent_id>", "somebody's block as the models read it", self._persona),
            Command("llm budget", "", "what the cloud costs, and what is left", self._budget),
            Command("llm queue", "", "each backend: in flight, waiting, resting", self._queue),
        ]

    # -- what there is

    def _status(self, _words: Sequence[str]) -> str:
        llm = self.settings
        clocks = llm.timeouts
        return "\n".join(
            (
                *(tier_line(tier, self.models.status_of(tier)) for tier in _ASKED),
                *map(_health_line, self.models.lanes),
                f"template: {'ready' if llm.fallback.enabled else 'off'}",
                (
                    f"llm.hybrid = {_on(llm.hybrid)}, llm.local.base_url = {llm.local.base_url}, "
                    f"llm.embedded.model = {llm.embedded.model}, llm.cloud.model = {llm.cloud.model}"
                ),
                (
                    f"first content within {clocks.local:g} s local, {clocks.cloud:g} s cloud, "
                    f"else a template line {llm.fallback.response_time:g} s later"
                ),
                f"stall {clocks.stall:g} s, total {clocks.total:g} s, connect {clocks.connect:g} s",
                (
                    f"replies of {llm.reply_length.min} to {llm.reply_length.max} tokens, "
                    f"prompts of {llm.prompt_budget.min} to {llm.prompt_budget.max}"
                ),
                _streaming_line(llm),
            )
        )

    def _queue(self, _words: Sequence[str]) -> str:
        lines = [
            f"{lane.tier} {lane.backend}: {lane.in_flight} of {lane.slots} in flight, {lane.waiting} waiting"
            for lane in self.models.lanes
        ]
        return "\n".join(lines) or "no model is in use"

    def _budget(self, _words: Sequence[str]) -> str:
        money = self.models.money
        if money is None:
            return "no cloud: nothing is spent"
        return "\n".join(
            (
                (
                    f"last hour ${money.hour_usd:.4f} of ${money.hour_cap_usd:.2f}, "
                    f"last day ${money.day_usd:.4f} of ${money.day_cap_usd:.2f}: {money.state}"
                ),
                (
                    f"left ${money.left_usd:.4f}, set aside ${money.reserved_usd:.4f}, "
                    f"at this rate ${money.forecast_usd_per_hour:.4f} an hour"
                ),
                f"this run ${money.total_usd:.4f} for {money.requests} requests",
            )
        )

    # -- switches

    def _hybrid(self, words: Sequence[str]) -> Reply:
        if not words:
            return f"hybrid {_on(self.settings.hybrid)}"
        self.settings.hybrid = _switch(words)
        said = f"hybrid {_on(self.settings.hybrid)}"
        return self._with_trial(said, Tier.LOCAL)

    def _streaming(self, words: Sequence[str]) -> Reply:
        if not words:
            return _streaming_line(self.settings)
        self.settings.streaming.enabled = _switch(words)
        return self._with_trial(_streaming_line(self.settings), Tier.LOCAL)

    # -- how it does

    def _test(self, _words: Sequence[str]) -> Reply:
        tiers = [tier for tier in _ASKED if self.models.status_of(tier).state is not TierState.OFF]
        off = [tier_line(tier, self.models.status_of(tier)) for tier in _ASKED if tier not in tiers]
        if not tiers:
            return "\n".join([*off, "template: ready; no model runs, so people speak template lines"])
        trials = [self._trial(tier) for tier in tiers]

        def answer() -> str | None:
            said = [trial() for trial in trials]
            return None if None in said else "\n".join([*off, *map(str, said), "template: ready"])

        return answer

    def _with_trial(self, said: str, tier: Tier) -> Reply:
        """A switch is shown to work by a line."""
        if self.models.status_of(tier).state is TierState.OFF:
            return said
        trial = self._trial(tier)

        def answer() -> str | None:
            tried = trial()
            return None if tried is None else f"{said}\n{tried}"

        return answer

    def _trial(self, tier: Tier) -> Later:
        """A server that is just starting is waited for; one that is not there is asked at once, and says why."""
        begun: list[Future[Trial]] = []

        def answer() -> str | None:
            if self.models.status_of(tier).state is TierState.STARTING:
                return None
            if not begun:
                begun.append(self.models.test_line(tier))
            return _trial_line(tier, begun[0]) if begun[0].done() else None

        return answer

    def _performance(self, _words: Sequence[str]) -> str:
        performance = self.models.performance
        lines = [f"{tier}: {_figures(performance.tiers[tier])}" for tier in Tier if tier in performance.tiers]
        if not lines:
            return "no line was asked for yet"
        asked = self.personas.hits + self.personas.misses
        rate = f"{self.personas.hits / asked:.0%}" if asked else "none asked for"
        lines.append(f"persona blocks: hits {rate}, {self.personas.size} kept")
        return "\n".join(lines)

    def _persona(self, words: Sequence[str]) -> str:
        if len(words) != 1:
            raise CommandError("expected somebody's id, such as: llm persona bram")
        persona = self.person(words[0])
        hit, block = self._block(persona)
        return "\n".join(
            (
                block,
                (
                    f"about {estimated_tokens(persona_prompt(persona, block)):.0f} tokens with the rules; "
                    f"{'hit' if hit else 'miss'} now"
                ),
                f"read from the server's cache so far: {self._cached_share()}",
            )
        )

    def _block(self, persona: Persona) -> tuple[bool, str]:
        hits = self.personas.hits
        block = self.block(persona)
        return self.personas.hits > hits, block

    def _cached_share(self) -> str:
        local = self.models.performance.tiers.get(Tier.LOCAL)
        share = local.cached_share if local else None
        return "unknown" if share is None else f"{share:.0%} of prompt tokens"


def tier_line(tier: Tier, status: TierStatus) -> str:
    """A tier in one line."""
    of = f" {status.backend}" if status.backend else ""
    model = f", {status.model}" if status.model else ""
    detail = f" ({status.detail})" if status.detail else ""
    return f"{tier}: {status.state.value}{of}{model}{detail}"


def _health_line(lane: LaneFacts) -> str:
    rate = "" if lane.success_rate is None else f", {lane.success_rate:.0%} of the last attempts answered"
    rests = f", rests {lane.rests_s:g} s" if lane.rests_s else ""
    return (
        f"  {lane.backend} {lane.model}: breaker {lane.breaker}{rests}{rate}; "
        f"first word {lane.first_s:.2f} s, nine of ten within {lane.slow_first_s:.2f} s"
    )


def _streaming_line(llm: LlmSettings) -> str:
    streaming = llm.streaming
    return f"streaming {_on(streaming.enabled)}: {streaming.chunk_size} characters or {streaming.update_rate:g} s"


def _trial_line(tier: Tier, future: Future[Trial]) -> str:
    if error := future.exception():
        return f"{tier}: failed: {error}"
    trial = future.result()
    first = "nothing was said" if trial.ttfc_ms is None else f"first content {trial.ttfc_ms:.0f} ms"
    tokens = "" if trial.usage.tokens_out is None else f", {trial.usage.tokens_out} tokens"
    model = f" ({trial.model})" if trial.model else ""
    return (
        f"{tier}: {trial.backend}{model}: {first}, whole line {trial.duration_ms:.0f} ms{tokens}: "
        f"{trial.text.strip()}"
    )


def _figures(counts: Figures) -> str:
    rate, speed, share = counts.success_rate, counts.tokens_per_s, counts.cached_share
    errors = ", ".join(f"{why.value} {count}" for why, count in sorted(counts.errors.items())) or "none"
    parts = (
        f"{counts.lines} lines",
        f"success {'unknown' if rate is None else f'{rate:.0%}'}",
        f"errors: {errors}",
        f"first content p50 {counts.ttfc.percentile_ms(50):.0f} ms, p95 {counts.ttfc.percentile_ms(95):.0f} ms",
        f"whole line p50 {counts.duration.percentile_ms(50):.0f} ms, p95 {counts.duration.percentile_ms(95):.0f} ms",
        "" if speed is None else f"{speed:.0f} tokens/s",
        "" if share is None else f"{share:.0%} of prompt tokens from the server's cache",
    )
    return "; ".join(filter(None, parts))


def _switch(words: Sequence[str]) -> bool:
    value = _SWITCH.get(words[0].lower()) if len(words) == 1 else None
    if value is None:
        raise CommandError("expected true or false")
    return value


def _on(value: bool) -> str:  # noqa: FBT001 - a word for a switch
    return "on" if value else "off"
