"""The door to the town's talks, with the original design's calls: wishes enter the world as inputs, facts are looked up.

Nothing in here changes a talk by itself, so whatever is asked for is recorded and replayed like all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agents.conversation.talk import MOST_PEOPLE, Conversation
from agents.mind import State
from llm.types import NpcId
from sim.clock import TICKS_PER_SECOND
from sim.hearing import Hearing
from sim.inbox import Inbox
from sim.inputs import JoinWanted, LeaveWanted, LineWanted, TalksStopped, TalkWanted, TopicWanted
from sim.world import World


class TalkError(ValueError):
    """What was asked of a talk cannot be. One line that says what could be."""


@dataclass(frozen=True, slots=True)
class StreamingStatus:
    """How the line of one talk that is now awaited or heard stands."""

    talk: int
    speaker: int  # row
    state: str  # idle, thinking or speaking
    request_id: int | None
    characters: int  # handed on so far


@dataclass(frozen=True, slots=True)
class TalkStatistics:
    """One talk in numbers, going on or over."""

    talk: int
    participants: tuple[int, ...]
    lines: int
    topics: tuple[str, ...]
    seconds: float  # of the world
    interruptions: int
    ended_by: str  # empty while it goes on


class Conversations:
    """Wishes go in, facts come out."""

    def __init__(self, world: World, inbox: Inbox, hearing: Hearing) -> None:
        self._world = world
        self._inbox = inbox
        self._hearing = hearing

    def start_conversation(self, participants: Sequence[int], topic: str = "") -> None:
        """Let two to eight people talk, if they are free and near each other. Raises TalkError."""
        if not 2 <= len(dict.fromkeys(participants)) <= MOST_PEOPLE:
            raise TalkError(f"expected two to {MOST_PEOPLE} different people, got {len(participants)}")
        self._inbox.put(TalkWanted(tuple(map(NpcId, participants)), self._topic(topic) if topic else ""))

    def add_participant_to_group(self, participant: int, group: int) -> None:
        """Let somebody walk up to people who talk. Raises TalkError."""
        talk = self._talk(group)
        if talk.is_full or participant in talk.participants:
            raise TalkError(f"talk #{group} is full, or has them already")
        self._inbox.put(JoinWanted(NpcId(participant), group))

    def remove_participant_from_group(self, participant: int, reason: str = "") -> None:
        """Let somebody leave the talk they are in. The reason is for the log of who asks. Raises TalkError."""
        if self._world.people.talk[participant] < 0:
            raise TalkError(
                f"{self._world.roster.first_name(participant)} is in no talk"
                + (f" ({reason})" if reason else "")
            )
        self._inbox.put(LeaveWanted(NpcId(participant)))

    def inject_topic_into_group(self, group: int, topic: str) -> None:
        """Let a talk turn to something else. Raises TalkError."""
        self._inbox.put(TopicWanted(self._talk(group).id, self._topic(topic)))

    def force_dialogue_generation(self, speaker: int, group: int) -> None:
        """Let somebody speak next, and at once if nobody speaks. Raises TalkError."""
        if speaker not in self._talk(group).participants:
            raise TalkError(f"{self._world.roster.first_name(speaker)} is not in talk #{group}")
        self._inbox.put(LineWanted(NpcId(speaker)))

    def stop_all(self) -> None:
        """Silence: every bubble is blank at once, and every talk ends with the next tick."""
        self._hearing.bubbles.clear()
        self._inbox.put(TalksStopped())

    def get_streaming_status(self, group: int) -> StreamingStatus:
        """How the line now awaited or heard stands. Raises TalkError."""
        talk = self._talk(group)
        mind = self._world.minds[talk.speaker]
        bubble = self._hearing.bubbles.of(talk.speaker) if mind.state is State.SPEAKING else None
        heard = bubble.text if bubble is not None and bubble.request_id == mind.awaits else ""
        return StreamingStatus(talk.id, talk.speaker, mind.state.value, mind.awaits, len(heard))

    def statistics(self, group: int) -> TalkStatistics:
        """One talk in numbers; of those that are over the last hundred are known. Raises TalkError."""
        talk = self._world.talks.get(group)
        if talk is not None:
            ticks = self._world.tick - talk.formed_at
            return TalkStatistics(
                talk.id,
                tuple(talk.stays),
                talk.said,
                tuple(talk.topics),
                ticks / TICKS_PER_SECOND,
                talk.cuts,
                "",
            )
        for past in self._world.talk_log.past:
            if past.id == group:
                seconds = (past.ended - past.began) / TICKS_PER_SECOND
                return TalkStatistics(
                    past.id,
                    past.participants,
                    past.lines,
                    past.topics,
                    seconds,
                    past.interruptions,
                    past.ended_by,
                )
        raise TalkError(f"there is no talk #{group}")

    def _talk(self, group: int) -> Conversation:
        talk = self._world.talks.get(group)
        if talk is None:
            going_on = ", ".join(f"#{number}" for number in self._world.talks) or "none"
            raise TalkError(f"there is no talk #{group}; going on: {going_on}")
        return talk

    def _topic(self, topic: str) -> str:
        known = self._world.lore.topics.index
        if topic not in known:
            raise TalkError(f"nobody talks about {topic!r}; there is {', '.join(known)}")
        return topic
