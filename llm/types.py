"""What crosses the thread boundary. Everything in here is frozen, and stands on nothing of ours.

A `Request` is a question with a number; a `StreamEvent` is a piece of the answer that carries the same
number. Per request the outbox holds, in this order: one `Started` and any number of `TextDelta`, if
anything became visible; then exactly one `Finished` (something was visible) or `Failed` (nothing was).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final, NewType

RequestId = NewType("RequestId", int)
NpcId = NewType("NpcId", int)  # the row of an NPC in the world's columns


class Tier(StrEnum):
    """The class of service a line gets; mapped to backends in the settings, never a model's name."""

    CLOUD = "cloud"
    LOCAL = "local"
    TEMPLATE = "template"


class Priority(IntEnum):
    """Who is served first when there are more questions than slots."""

    OFF_SCREEN = 0
    VISIBLE = 1
    SPOTLIGHT = 2


class Kind(StrEnum):
    """What is asked: a line to be spoken, that the server read a prompt ahead of time, or a thought that nobody hears."""

    LINE = "line"
    WARM = "warm"
    SUMMARY = "summary"
    REFLECTION = "reflection"

    @property
    def is_thought(self) -> bool:
        """Nothing that is said: it neither ends its NPC's line nor is ended by it."""
        return self is Kind.SUMMARY or self is Kind.REFLECTION


class Outcome(StrEnum):
    """How a line ended. There is no 'some text, no error'."""

    COMPLETE = "complete"
    TRUNCATED = "truncated"
    INTERRUPTED = "interrupted"
    EMPTY = "empty"
    LOOPED = "looped"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Why(StrEnum):
    """The reason behind an outcome that is not `complete`, and behind a failed attempt. Closed: the report counts these."""

    NONE = ""
    UNREACHABLE = "unreachable"
    CONNECT = "connect"
    FIRST_CONTENT = "first_content"
    STALL = "stall"
    TOTAL = "total"
    LENGTH = "length"
    REFUSED = "refused"
    SERVER_ERROR = "server_error"
    RATE_LIMITED = "rate_limited"
    BAD_KEY = "bad_key"
    NO_MODEL = "no_model"
    LOADING = "loading"
    OVERFLOW = "context_overflow"
    PROTOCOL = "protocol"
    BROKEN_STREAM = "broken_stream"
    EMPTY = "empty"
    LOOPED = "looped"
    REPEATED = "repeated"  # what was said lately
    FLAGGED = "flagged"  # by a moderation endpoint
    EXPIRED = "expired"
    UNREAD = "unread"
    RESTING = "resting"  # the tier rests after failures, or because it was asked to
    BUDGET = "budget"
    NOT_RECORDED = "not_recorded"
    SUPERSEDED = "superseded"
    CANCELLED = "cancelled"
    THREAD_DIED = "thread_died"
    CLOSED = "closed"


class RouteReason(StrEnum):
    """Why a line was spoken by the tier that spoke it. Closed: report, transcript and screen count these.

    The first four say why a tier was chosen; all others why a better one was passed over.
    """

    LOCAL_READY = "local_ready"  # background talk, and the local model can answer in time
    SPOTLIGHT = "spotlight"
    COMPLEX = "complex"
    CLOUD_ONLY = "cloud_only"  # no local model is set up, and there is a key

    HYBRID_OFF = "hybrid_off"
    NO_KEY = "no_key"
    CLOUD_DOWN = "cloud_down"
    CLOUD_RESTING = "cloud_resting"  # after failures, or because it was asked to
    CLOUD_SLOW = "cloud_slow"
    CLOUD_BUSY = "cloud_busy"
    BUDGET_LOW = "budget_low"  # only the spotlight is paid for
    BUDGET_SPENT = "budget_spent"

    NO_MODEL_CONFIGURED = "no_model_configured"
    MODEL_STARTING = "model_starting"
    MODEL_DOWN = "model_down"
    MODEL_RESTING = "model_resting"
    QUEUE_TOO_LONG = "queue_too_long"
    PROMPT_UNREAD = "prompt_unread"
    FIRST_CONTENT_MISSED = "first_content_missed"
    ATTEMPT_FAILED = "attempt_failed"
    NOTHING_SAID = "nothing_said"
    REPEATED = "repeated"  # what was said lately
    FLAGGED = "flagged"  # by a moderation endpoint
    THREAD_DOWN = "thread_down"


@dataclass(frozen=True, slots=True)
class Turn:
    """One line already said in this talk."""

    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The parts of a question in the order in which a server's prefix cache likes them: what changes least, first.

    The backend turns them into script or chat form: the form is a property of the model, not of the town.
    """

    rules: str  # the same bytes for everybody
    persona: str  # the same bytes for this speaker every time
    scene: str  # fixed for the length of one talk
    history: tuple[Turn, ...]  # append-only while a talk lasts
    nudge: str  # what is asked of this one line; may be empty
    speaker: str  # first name, as it stands in the script; empty: no part in a play, `nudge` is the question itself
    listeners: tuple[str, ...]
    lead: str = ""  # first words of the line, given to models too small to find their own
    now: str = ""  # what is true just now; it stands after the history, because it is another for every line


Fingerprint = frozenset[str]  # what a line is made of, so that two can be compared
Fields = tuple[tuple[str, str | int | float | bool], ...]  # what else an able model told of its line


@dataclass(frozen=True, slots=True)
class Shape:
    """The JSON object that an able model is asked for; the first of its keys holds the words that are spoken."""

    name: str
    schema: str  # JSON text of a flat schema
    spoken: str = "utterance"
    guide: str = ""  # what the other keys mean, in one or two sentences


@dataclass(frozen=True, slots=True)
class Limits:
    """Tokens that one question may cost; the client sets them from its settings, larger in the spotlight."""

    prompt_tokens: int = 300  # what the prompt may have; older history goes first
    reply_tokens: int = 40  # what is asked for
    most_tokens: int = 100  # the limit on the wire, always sent


@dataclass(frozen=True, slots=True)
class Weight:
    """What makes a question hard, besides its prompt: see `llm.complexity`."""

    topic: float = 0.0  # 0 small talk to 1 philosophy
    participants: int = 2
    memories: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """A frozen question. `tick` is when it was asked; the model's clocks run in the background's own time."""

    id: RequestId
    npc: NpcId
    prompt: Prompt
    fallback_text: str  # a template line chosen inside the step: spoken when no model can answer in time
    tick: int
    conversation: int = -1
    priority: Priority = Priority.VISIBLE
    kind: Kind = Kind.LINE
    weight: Weight = field(default_factory=Weight)
    limits: Limits = field(default_factory=Limits)
    said: tuple[Fingerprint, ...] = ()  # lately, by the speaker and in this talk: not to be said again
    worn: frozenset[str] = frozenset()  # turns of phrase that are not to begin a line again
    shape: Shape | None = None  # None: plain words are all that is wanted
    written: bool = (
        False  # what is said is a line of our own: no name in it is strange, no repetition by mistake
    )

    def within(self, limits: Limits) -> Request:
        """The same question with these limits; `dataclasses.replace` would take six times as long, in a frame."""
        return Request(
            self.id,
            self.npc,
            self.prompt,
            self.fallback_text,
            self.tick,
            self.conversation,
            self.priority,
            self.kind,
            self.weight,
            limits,
            self.said,
            self.worn,
            self.shape,
            self.written,
        )


@dataclass(frozen=True, slots=True)
class Usage:
    """Token counts as the server reports them; None where it says nothing (absence is not zero)."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    cached_tokens_in: int | None = None


@dataclass(frozen=True, slots=True)
class LineStats:
    """What a finished line cost, in milliseconds since it was submitted, and in tokens."""

    ttfc_ms: float = 0.0  # submit to first visible word, queueing included
    duration_ms: float = 0.0  # submit to end
    usage: Usage = field(default_factory=Usage)
    cost_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class Started:
    """The first visible word is here; from now on this line has no other tier."""

    request_id: RequestId
    tier: Tier
    backend: str
    model: str
    route_reason: RouteReason
    recorded_backend: str = ""  # which backend said it when it was recorded, if this is a replay


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More visible text of a line that has started."""

    request_id: RequestId
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of a line of which something was visible; `text` is all of it, as shown."""

    request_id: RequestId
    outcome: Outcome  # complete or truncated
    text: str
    why: Why = Why.NONE
    stats: LineStats = field(default_factory=LineStats)
    fields: Fields = ()  # beside its words, where the model was asked for more and gave it


@dataclass(frozen=True, slots=True)
class Failed:
    """The end of a line of which nothing was visible."""

    request_id: RequestId
    outcome: Outcome  # empty, cancelled or failed
    why: Why


StreamEvent = Started | TextDelta | Finished | Failed


@dataclass(frozen=True, slots=True)
class Missed:
    """For the counters only: a tier did not speak a line that was put to it; another may."""

    request_id: RequestId
    tier: Tier
    backend: str
    why: Why


class Finish(StrEnum):
    """Why a model stopped, in the backends' own closed words."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "content_filter"
    CUT = "cut"  # the stream ended without saying why


WHY_OF_FINISH: Final = {
    Finish.STOP: Why.NONE,
    Finish.LENGTH: Why.LENGTH,
    Finish.FILTERED: Why.REFUSED,
    Finish.CUT: Why.BROKEN_STREAM,
}


@dataclass(frozen=True, slots=True)
class Delta:
    """Raw text off the wire, before the publish gate."""

    text: str


@dataclass(frozen=True, slots=True)
class End:
    """The last thing a backend yields, exactly once, if it did not raise."""

    finish: Finish
    usage: Usage = field(default_factory=Usage)
    fields: Fields = ()


BackendEvent = Delta | End


class TierState(StrEnum):
    """What the screen's badge says of a tier."""

    OFF = "off"  # not configured
    FETCHING = "fetching"  # the model file is on its way
    STARTING = "starting"
    READY = "ready"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class TierStatus:
    """The background thread publishes one of these by a single assignment; the main thread only reads it."""

    state: TierState
    backend: str = ""
    model: str = ""
    detail: str = ""  # one line for people
