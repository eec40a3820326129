"""The doors: `Models`, which the world sees, and `Backend`, which the background thread sees.

`Models` is synchronous and never waits. `Backend` is asynchronous and may wait for ever: the clocks
round it belong to its caller.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import Protocol

from llm.types import BackendEvent, Request, RequestId, StreamEvent, Tier, TierStatus


class Models(Protocol):
    """What the world may ask of the models: submit, cancel, drain. None of them ever waits."""

    @property
    def reads_prompts(self) -> bool:
        """Whether a model is ever shown what is asked; if not, prompts may be empty."""

    def submit(self, request: Request) -> None:
        """Ask. Returns at once; the answer comes through `drain`, or never if it is only a warm-up."""

    def hand_in(self) -> None:
        """There is time between two frames: settle where everything goes that was asked."""

    def cancel(self, request_id: RequestId) -> None:
        """Nobody waits for this any more: stop it, and yield nothing more that carries its number."""

    def drain(self, tick: int, budget: int = 64) -> list[StreamEvent]:
        """What has arrived by `tick`, at most `budget` events, in order."""

    def status(self) -> TierStatus:
        """The state of the best tier below the cloud, as last published."""

    def close(self) -> None:
        """Stop everything that was started; return within two seconds."""


class Gate(Protocol):
    """An incremental filter that every line of every tier passes; what it returns is what is shown."""

    def feed(self, text: str) -> str:
        """More raw text in; what may be shown of it out (may be empty: words are held until whole)."""

    @property
    def over(self) -> bool:
        """Whether the line has ended: nothing that may still come will be shown."""

    @property
    def repeats(self) -> bool:
        """Whether the line says again what was said lately; what shows it may still be held back, or shown already."""

    def close(self, *, cut: bool) -> str:
        """The end of the raw text; the rest that may be shown. `cut`: the model was stopped, not finished."""


GateFactory = Callable[[Request], Gate]


class Backend(Protocol):
    """One way to reach one model server."""

    @property
    def name(self) -> str:
        """As transcripts name it: `embedded`, `lm_studio`, `openai_compatible`, `scripted`."""

    @property
    def tier(self) -> Tier:
        """The tier it serves."""

    @property
    def model(self) -> str:
        """The model id it asks for, or an empty string before it is known."""

    def stream(self, request: Request) -> AsyncGenerator[BackendEvent, None]:
        """Deltas as they come, then exactly one `End`; raises `llm.errors.ModelError` and nothing else.

        Whoever stops reading before the end closes it (`contextlib.aclosing`), and with it the connection.
        """

    def reading_s(self, request: Request) -> float:
        """How long the server will read before its first word, as far as is known; 0 where it is not."""

    async def warm(self, request: Request) -> None:
        """Have the server read the prompt ahead, where it keeps prefixes; otherwise do nothing."""

    async def check(self) -> None:
        """Return if the server can answer now; raise `ModelError` with one line for people if not."""

    async def close(self) -> None:
        """Give back every connection and process. May be called twice."""
