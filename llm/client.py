"""The hybrid client: one door for the town and for callers of their own, with the names of the original design.

It is a `llm.protocol.Models`, so a loop drains it once a tick; callbacks, futures and signals run there, on the game
thread. Nothing waits: a question is an append, an answer is an event.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any, Final, Self

from pydantic import SecretStr

from llm.agent_config import AgentConfig
from llm.bridge import Bridge
from llm.budget import BudgetFacts
from llm.deliveries import FIRST_CALLERS_ID, Asked, Callback, Deliveries, Signals
from llm.generation import BadContext, Context, GenerationContext, Reply, plainly_good
from llm.lane import LaneFacts
from llm.performance import Performance
from llm.persona_cache import PersonaCache
from llm.plain_gate import PlainGate
from llm.protocol import Gate, GateFactory
from llm.router import Route
from llm.settings import LlmSettings
from llm.terms import Terms
from llm.trial import Trial
from llm.types import NpcId, Priority, Request, RequestId, StreamEvent, Tier, TierState, TierStatus

FALLBACK_TEXT: Final = "Let me think about that for a moment."
_FIRST_NPC: Final = 1 << 30  # and its people from 0


_Checked = GenerationContext | dict[str, Any]  # a dict, where a look was enough to see that it is right


class HybridLLMClient:
    """Local model for background talk, cloud for the spotlight, a template when no model can answer in time.

    Without a `gate` of the caller's own, replies pass a plain one that lets no thinking and no tags through. Keywords
    that are not named here go to `llm.bridge.Bridge`.
    """

    reads_prompts: Final = True

    def __init__(
        self,
        settings: LlmSettings | None = None,
        gate: GateFactory | None = None,
        *,
        personas: PersonaCache | None = None,
        **bridge: Any,
    ) -> None:
        self.settings = settings or LlmSettings()
        self.agent_config = AgentConfig.of(self.settings)
        self.personas = personas or PersonaCache(self.settings.persona_cache.size)
        signals = Signals()
        self.llm_stream_started = signals.llm_stream_started
        self.llm_stream_chunk = signals.llm_stream_chunk
        self.llm_stream_completed = signals.llm_stream_completed
        self.llm_response_received = signals.llm_response_received
        self.llm_request_failed = signals.llm_request_failed
        self.llm_health_changed = signals.llm_health_changed
        self._deliveries = Deliveries(signals, lambda: self.settings.streaming.enabled)
        self._town_gate = gate
        self.bridge = Bridge(self.settings, self._gate, **bridge)
        self._next = 0
        self._noted: deque[tuple[RequestId, _Checked, bool, float | None]] = deque()
        self._draining = False
        self._healthy = dict.fromkeys((Tier.CLOUD, Tier.LOCAL), False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_how: object) -> None:
        self.close()

    # -- routing

    def select_model_strategy(self, context: Context) -> Tier:
        """`Tier.LOCAL` or `Tier.CLOUD`: where this question is best put. Raises BadContext."""
        route = self.explain_route(context)
        return Tier.CLOUD if route.tier is Tier.CLOUD else Tier.LOCAL

    def explain_route(self, context: Context) -> Route:
        """Where it would go now, and why; `Tier.TEMPLATE` where no model could answer in time. Raises BadContext."""
        return self.bridge.route(self._request(GenerationContext.of(context), RequestId(0)))

    def set_hybrid_inference(self, enabled: bool) -> None:  # noqa: FBT001 - the original's signature
        """Choose between local and cloud for each line; off means local only. Holds from the next question on."""
        self.settings.hybrid = enabled

    def set_cloud_api_key(self, key: str) -> None:
        """Open the cloud with this key; an empty one closes it. The key is kept in memory only."""
        self.settings.cloud.api_key = SecretStr(key)
        self.bridge.reconfigure()

    # -- asking

    def generate_async(
        self, context: Context, callback: Callback | None = None, timeout: float | None = None
    ) -> RequestId:
        """Ask, and return at once; the callback gets the reply, whole. Raises BadContext, BadPersona.

        After `timeout` seconds at the latest it is a template, or what was said by then; without one the settings'
        clocks hold.
        """
        checked = _checked(context)
        return self._ask(checked, Asked(self._wants_stream(checked), callback), timeout)

    def generate(self, context: Context, timeout: float | None = None) -> Future[Reply]:
        """As `generate_async`; the future is done during a drain, so never wait for it on the game thread."""
        future: Future[Reply] = Future()
        checked = _checked(context)
        number = self._ask(checked, Asked(self._wants_stream(checked), None, future), timeout)
        future.add_done_callback(lambda done: self.cancel(number) if done.cancelled() else None)
        return future

    def send_request(self, context: Context, callback: Callback | None = None) -> RequestId:
        """For older callers: the same reply, and no streaming unless the context asks for it."""
        checked = _checked(context)
        return self._ask(checked, Asked(bool(_stream_of(checked)), callback), None)

    def get_cached_persona_block(self, agent_id: str, persona: object) -> str:
        """The text of a persona for a prompt, made once for as long as it does not change. Raises BadPersona."""
        return self.personas.block(agent_id, persona)

    def set_streaming_enabled(self, enabled: bool) -> None:  # noqa: FBT001 - the original's signature
        """Hand replies on piece by piece, or whole. Holds from the next question on."""
        self.settings.streaming.enabled = enabled

    # -- how it does

    def get_model_performance(self) -> dict[str, dict[str, Any]]:
        """Per tier: requests, success rate, error counts, times, tokens."""
        tiers: dict[str, dict[str, Any]] = self.performance.report()["tiers"]
        return tiers

    def check_health(self) -> dict[str, dict[str, Any]]:
        """What is known of each tier now; and ask all servers again, of which `llm_health_changed` tells."""
        self.bridge.check()
        return {tier.value: self._health_of(tier) for tier in (Tier.CLOUD, Tier.LOCAL)}

    def test_line(self, tier: Tier = Tier.LOCAL) -> Future[Trial]:
        """One real round trip to a tier."""
        return self.bridge.test_line(tier)

    def status_of(self, tier: Tier) -> TierStatus:
        """The state of a tier."""
        return self.bridge.status_of(tier)

    @property
    def lanes(self) -> Sequence[LaneFacts]:
        """Each backend in use, as last published."""
        return self.bridge.published.lanes

    @property
    def lines_open(self) -> int:
        """Lines that somebody waits for."""
        return self.bridge.lines_open + len(self._noted)

    @property
    def tasks(self) -> int:
        """What the background's loop has to do."""
        return self.bridge.published.tasks

    @property
    def money(self) -> BudgetFacts | None:
        """What the cloud has cost; None while there is none."""
        return self.bridge.published.money

    @property
    def performance(self) -> Performance:
        """The counters so far."""
        return self.bridge.performance

    # -- `llm.protocol.Models`

    def submit(self, request: Request) -> None:
        """Ask, as the town does."""
        self.bridge.submit(request)

    def hand_in(self) -> None:
        """Settle where everything goes that was asked, between two frames."""
        while self._noted:
            request_id, context, streams, timeout = self._noted.popleft()
            terms = Terms.of(self.settings, streams=streams, timeout_s=timeout)
            checked = context if isinstance(context, GenerationContext) else GenerationContext.of(context)
            self.bridge.submit(self._request(checked, request_id), terms)
        self.bridge.hand_in()

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more; its callback is not called, a future of it is cancelled."""
        self.hand_in()
        self.bridge.cancel(request_id)
        self._deliveries.forget(request_id)

    def drain(self, tick: int = 0, budget: int = 64) -> list[StreamEvent]:
        """What has arrived for the town, at most `budget` events; callers' own answers are delivered meanwhile."""
        if self._draining:
            return []  # asked for by somebody whom this drain has just told something
        self._draining = True
        try:
            self.hand_in()
            events = self.bridge.drain(tick, budget)
            self._tell_health()
            for event in events:
                self._deliveries.hear(event)
        finally:
            self._draining = False
        return [event for event in events if event.request_id < FIRST_CALLERS_ID]

    def status(self) -> TierStatus:
        """The local tier, as last published."""
        return self.bridge.status()

    def close(self) -> None:
        """Stop everything that was started, within two seconds; futures that wait are cancelled."""
        self._noted.clear()
        self.bridge.close()
        self._deliveries.forget_all()

    # -- within

    def _ask(self, context: _Checked, asked: Asked, timeout: float | None) -> RequestId:
        """Checked and noted; the prompt is made between frames."""
        if timeout is not None and not (isinstance(timeout, int | float) and timeout > 0):
            raise BadContext(f"timeout: expected seconds, more than none, got {timeout!r}")
        if isinstance(context, GenerationContext) and context.persona is not None:
            self.personas.block(context.agent_id, context.persona)  # a bad one is its caller's mistake, now
        self._next += 1
        request_id = RequestId(FIRST_CALLERS_ID + self._next)
        self._deliveries.expect(request_id, asked)
        self._noted.append((request_id, context, asked.streams, timeout))
        return request_id

    def _request(self, context: GenerationContext, request_id: RequestId) -> Request:
        block = self.personas.block(context.agent_id, context.persona) if context.persona is not None else ""
        return Request(
            id=request_id,
            npc=_npc(context.agent_id, request_id),
            prompt=context.as_prompt(block),
            fallback_text=context.fallback_text or FALLBACK_TEXT,
            tick=0,
            priority=Priority.SPOTLIGHT if context.is_spotlight else Priority.VISIBLE,
            weight=context.weight,
        )

    def _gate(self, request: Request) -> Gate:
        if self._town_gate is None or not request.prompt.speaker:
            return PlainGate(request)
        return self._town_gate(request)

    def _wants_stream(self, context: _Checked) -> bool:
        stream = _stream_of(context)
        return self.settings.streaming.enabled if stream is None else stream

    def _tell_health(self) -> None:
        """Emit what has changed since the last drain."""
        for tier in (Tier.CLOUD, Tier.LOCAL):
            healthy = self.bridge.published.status(tier).state is TierState.READY
            if healthy is not self._healthy[tier]:
                self._healthy[tier] = healthy
                self.llm_health_changed.emit(tier, healthy)

    def _health_of(self, tier: Tier) -> dict[str, Any]:
        status = self.bridge.status_of(tier)
        return {
            "healthy": status.state is TierState.READY,
            "state": status.state.value,
            "backend": status.backend,
            "model": status.model,
            "detail": status.detail,
        }


def _npc(agent_id: str, request_id: RequestId) -> NpcId:
    """One number for each agent; a caller without an agent is somebody new each time."""
    return NpcId(_FIRST_NPC + zlib.crc32(agent_id.encode()) if agent_id else -_FIRST_NPC - request_id)


def _checked(context: Context) -> _Checked:
    """Raises BadContext."""
    return plainly_good(context) or GenerationContext.of(context)


def _stream_of(context: _Checked) -> bool | None:
    return context.get("stream") if isinstance(context, dict) else context.stream
