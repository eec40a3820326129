"""The one gate: whatever anybody says, of whatever tier, is shown only as this lets it through.

A pure filter, fed piece by piece; however the pieces are cut, the same words come out. It takes out thinking,
tags, stage directions, mark-up, control and bidirectional characters and the speaker's own name in front; it
holds back a word until it is whole; it ends the line at a line break, at a foreign speaker's name, at a word of the
block-list and at the length limit. Of what was said lately the first clause is held back until it is known to be new.
Rules of what a line may be are in `publish_line`, rules of what a character may be in `publish_strainer`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from agents.conversation.repetition import Guard
from agents.publish_line import Line, LineRules
from agents.publish_strainer import Strainer
from llm.sentences import SENTENCE_ENDS, last_end

__all__ = ["LineRules", "Mode", "PublishGate"]

_LISTEN_EVERY: Final = 48  # characters, between two looks at whether all of it was said before
_PLAIN: Final = LineRules()


class Mode(StrEnum):
    """When words are shown."""

    STREAM = "stream"  # as they pass
    SENTENCE = "sentence"  # each sentence when it has passed whole


class PublishGate:
    """One line's gate; `llm.protocol.Gate` as the client sees it."""

    def __init__(
        self,
        speaker: str,
        others: Sequence[str] = (),
        rules: LineRules = _PLAIN,
        *,
        guard: Guard | None = None,
        mode: Mode = Mode.STREAM,
        written: bool = False,
    ) -> None:
        self._line = Line((speaker, speaker.split(" ", 1)[0]), others, rules, written=written)
        self._strainer = Strainer(self._line.feed)
        self._guard = None if written else guard
        self._mode = mode
        self._given = 0
        self._is_new = self._guard is None
        self._listened = 0
        self.repeats = False

    def feed(self, text: str) -> str:
        """More raw text in; what may be shown of it out."""
        self._strainer.feed(text)
        return self._take(closing=self._line.over)

    @property
    def over(self) -> bool:
        """Whether the line has ended, whatever may still come."""
        return self._line.over

    def close(self, *, cut: bool) -> str:
        """No more raw text; the rest that may be shown."""
        self._strainer.close()
        self._line.close(cut=cut)
        return self._take(closing=True)

    def _take(self, *, closing: bool) -> str:
        if self._guard is not None and not self._listen(self._guard, closing=closing):
            return ""
        shown = self._line.shown
        end = len(shown) if closing or self._mode is Mode.STREAM else last_end(shown)
        fresh = shown[self._given : end]
        self._given = max(self._given, end)
        return fresh

    def _listen(self, guard: Guard, *, closing: bool) -> bool:
        """Whether what has come may be shown, as far as it is known to be new."""
        shown = self._line.shown
        if not self._is_new:
            if not (closing or guard.is_clause(shown)):
                return False
            if guard.begins_again(shown):
                return self._silence("")
            self._is_new = True
        if len(shown) - self._listened >= _LISTEN_EVERY:
            self._listened = len(shown)
            if guard.goes_on_again(shown):
                given = shown[: self._given]
                trails = bool(given) and not given.endswith(SENTENCE_ENDS)
                return self._silence(given + ("…" if trails else ""))
        return not self.repeats or closing

    def _silence(self, shown: str) -> bool:
        """It was said before: no more of it than was shown already."""
        self._line.shown, self._line.over = shown, True
        self.repeats = True
        return bool(shown)
