"""`conversation`, `streaming` and `panic`: who talks with whom, about what, and what a person outside would like."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from agents.conversation.talk import Conversation
from llm.types import Tier
from sim.clock import TICKS_PER_SECOND
from sim.console.doors import Access
from sim.console.registry import Command, CommandError, Later
from sim.conversations import Conversations, TalkError
from sim.loop import Loop

_ANSWER_FRAMES: Final = 600  # how long a forced line is waited for
_PAIR: Final = 2


@dataclass(frozen=True, slots=True)
class TalkCommands:
    """What the commands act upon."""

    loop: Loop
    row_of: Callable[[str], int]  # by id or first name; raises CommandError

    def commands(self) -> list[Command]:
        """All of them."""
        return [
            Command("conversation list", "", "the talks going on", self._list),
            Command(
                "conversation start",
                "<name> <name> [name...] [--topic T]",
                "let people talk",
                self._start,
                Access.STEER,
            ),
            Command(
                "conversation join", "<name> <talk>", "let somebody join a talk", self._join, Access.STEER
            ),
            Command(
                "conversation leave", "<name>", "let somebody leave their talk", self._leave, Access.STEER
            ),
            Command(
                "conversation topic",
                "[talk] [topic]",
                "the topics there are, or another one",
                self._topic,
                Access.STEER,
            ),
            Command(
                "conversation force", "<name>", "let somebody speak next, now", self._force, Access.STEER
            ),
            Command("conversation stats", "[talk]", "all talks in numbers, or one", self._stats),
            Command("streaming status", "", "how each live line stands", self._streaming),
            Command(
                "streaming test", "", "what the last lines took, from question to word", self._streaming_test
            ),
            Command("streaming force", "<name>", "the same as conversation force", self._force, Access.STEER),
            Command("panic", "", "blank all bubbles and stop all talk at once", self._panic, Access.STEER),
        ]

    @property
    def _talks(self) -> Conversations:
        return Conversations(self.loop.world, self.loop.inbox, self.loop.hearing)

    def _list(self, _words: Sequence[str]) -> str:
        return "\n".join(map(self._line, self.loop.world.talks.values())) or "nobody is talking"

    def _line(self, talk: Conversation) -> str:
        names = _listed([self._name(row) for row in talk.participants])
        coming = f", {_listed([self._name(row) for row in talk.coming])} coming" if talk.coming else ""
        about = f", about {self._title(talk.topic)}" if talk.topic else ""
        how = ", whispering" if talk.private else ""
        last = f"; last: {talk.history[-1].speaker}: {talk.history[-1].text}" if talk.history else ""
        return (
            f"#{talk.id} {names}{coming}, {talk.phase.value}{how}{about}, "
            f"{talk.said} of about {talk.planned_lines} lines{last}"
        )

    def _start(self, words: Sequence[str]) -> str:
        names, topic = _split_topic(words)
        rows = [self.row_of(name) for name in names]
        if len(set(rows)) < _PAIR:
            raise CommandError("expected two to eight different people")
        self._asked(lambda: self._talks.start_conversation(rows, topic))
        return "asked; they talk if they are free and near each other"

    def _join(self, words: Sequence[str]) -> str:
        if len(words) != _PAIR:
            raise CommandError("expected a name and the number of a talk")
        row, number = self.row_of(words[0]), _number(words[1])
        self._asked(lambda: self._talks.add_participant_to_group(row, number))
        return f"asked; {self._name(row)} walks up to them if that is near"

    def _leave(self, words: Sequence[str]) -> str:
        row = self._one(words)
        self._asked(lambda: self._talks.remove_participant_from_group(row))
        return f"{self._name(row)} leaves"

    def _topic(self, words: Sequence[str]) -> str:
        topics = self.loop.world.lore.topics
        if not words:
            return "\n".join(f"{topic.id}: {topic.title}" for topic in topics.topics)
        if len(words) != _PAIR:
            raise CommandError("expected the number of a talk and a topic")
        number, topic = _number(words[0]), words[1]
        self._asked(lambda: self._talks.inject_topic_into_group(number, topic))
        return f"talk #{number} turns to {self._title(topic)}"

    def _force(self, words: Sequence[str]) -> Later:
        """Answers with the line itself, when it has been said."""
        row = self._one(words)
        world = self.loop.world
        number = int(world.people.talk[row])
        talk = world.talks.get(number)
        self._asked(lambda: self._talks.force_dialogue_generation(row, number))
        said, frames = (talk.stays[row].lines if talk else 0), [0]

        def line() -> str | None:
            frames[0] += 1
            stay = talk.stays.get(row) if talk else None
            if talk is not None and stay is not None and stay.lines > said:
                return f"{self._name(row)}: {talk.lines_of(row, row)[-1]}"
            return f"{self._name(row)} says nothing" if frames[0] > _ANSWER_FRAMES else None

        return line

    def _stats(self, words: Sequence[str]) -> str:
        if words:
            return self._one_in_numbers(_number(words[0]))
        log, talks = self.loop.world.talk_log, self.loop.world.talks
        ends = ", ".join(f"{count} {reason}" for reason, count in log.ended_by.most_common())
        gaps = [gap / TICKS_PER_SECOND for gap in log.gaps]
        between = f"{median(gaps):.2f} s between two lines at the median" if gaps else "no two lines yet"
        return "\n".join(
            (
                f"{len(talks)} going on, {log.ended_by.total()} over ({ends or 'none'})",
                f"{log.lines} lines in those; {log.largest} people in the largest; {log.interruptions} interruptions",
                between,
            )
        )

    def _one_in_numbers(self, number: int) -> str:
        try:
            numbers = self._talks.statistics(number)
        except TalkError as error:
            raise CommandError(str(error)) from None
        names = _listed([self._name(row) for row in numbers.participants])
        ended = f"ended: {numbers.ended_by}" if numbers.ended_by else "going on"
        about = ", ".join(numbers.topics) or "nothing in particular"
        return (
            f"#{number} {names}: {numbers.lines} lines in {numbers.seconds:.0f} s, about {about}; "
            f"{numbers.interruptions} interruptions; {ended}"
        )

    def _streaming(self, _words: Sequence[str]) -> str:
        lines = []
        for number in self.loop.world.talks:
            status = self._talks.get_streaming_status(number)
            if status.request_id is not None:
                lines.append(
                    f"request {status.request_id}: {self._name(status.speaker)} in talk #{number}, "
                    f"{status.state}, {status.characters} characters so far"
                )
        return "\n".join(lines) or "no line is awaited or heard just now"

    def _streaming_test(self, _words: Sequence[str]) -> str:
        lags = [lag / TICKS_PER_SECOND for lag in self.loop.world.lags]
        newest = self.loop.hearing.newest
        if not lags or newest is None:
            return "no line has begun yet"
        tier = (
            "a template, so whole at once"
            if newest.tier is Tier.TEMPLATE
            else f"{newest.tier.value}, streamed"
        )
        told = ", ".join(f"{lag:.2f}" for lag in lags)
        return f"seconds from question to first word, of the last lines: {told}; the newest: {tier}"

    def _panic(self, _words: Sequence[str]) -> str:
        self._talks.stop_all()
        return "all talk stopped"

    def _asked(self, ask: Callable[[], None]) -> None:
        try:
            ask()
        except TalkError as error:
            raise CommandError(str(error)) from None

    def _one(self, words: Sequence[str]) -> int:
        if len(words) != 1:
            raise CommandError("expected one name")
        return self.row_of(words[0])

    def _name(self, row: int) -> str:
        return self.loop.world.roster.first_name(row)

    def _title(self, topic: str) -> str:
        topics = self.loop.world.lore.topics
        index = topics.index.get(topic)
        return topic if index is None else topics.topics[index].title


def _split_topic(words: Sequence[str]) -> tuple[list[str], str]:
    names = list(words)
    if "--topic" not in names:
        return names, ""
    at = names.index("--topic")
    if at + 2 != len(names):
        raise CommandError("expected one topic after --topic, and nothing more")
    return names[:at], names[at + 1]


def _number(word: str) -> int:
    number = word.removeprefix("#")
    if not number.isdigit():
        raise CommandError(f"expected the number of a talk, got {word!r}")
    return int(number)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
