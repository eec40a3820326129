"""When a model becomes ready, everybody's persona is read ahead, in idle time, before anybody needs it."""

from __future__ import annotations

import numpy as np

from agents.context import persona_prompt
from agents.persona import Persona
from llm.protocol import Models
from llm.types import Kind, NpcId, Priority, Request, RequestId, TierState
from sim.world import World


class Prewarm:
    """Called once a frame; acts once each time that the local tier becomes ready."""

    def __init__(self, models: Models, world: World, most: int) -> None:
        self._models = models
        self._world = world
        self._most = most
        self._was_ready = False

    def __call__(self) -> None:
        """Look whether a model has become ready."""
        ready = self._models.status().state is TierState.READY
        if ready and not self._was_ready:
            self._read_ahead()
        self._was_ready = ready

    def _read_ahead(self) -> None:
        """Those who are in a talk first."""
        talking = self._world.people.talk >= 0
        for row in np.argsort(~talking, kind="stable")[: self._most].tolist():
            persona = self._world.minds[row].persona
            self._models.submit(_ahead(row, persona, self._world.persona_block(persona)))


def _ahead(row: int, persona: Persona, block: str) -> Request:
    """A warm-up outside the world's own numbers, which count from one upwards."""
    return Request(
        id=RequestId(-1 - row),
        npc=NpcId(row),
        prompt=persona_prompt(persona, block),
        fallback_text="",
        tick=0,
        priority=Priority.OFF_SCREEN,
        kind=Kind.WARM,
    )
