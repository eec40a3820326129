"""What template lines may ask about and speak of: one moment of a talk, as plain facts of the one who has the floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from agents.template_files import SLOTS

_TWO: Final = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """What conditions ask about and slots are filled with. An empty text is something the speaker cannot tell."""

    speaker: str  # first name
    listener: str  # first name
    occupation: str
    listener_occupation: str
    place: str  # as people say it: "the market"
    place_id: str
    place_kind: str  # work, public or home
    period: str
    weather: str = ""
    topic: str = ""  # of the line before, as TemplateLine gave it; empty after a model's line
    subject: str = ""  # the sheet of lines which that is spoken with
    interest: str = ""  # one of the speaker's
    goal: str = ""  # the speaker's, as "to win the contest"
    listener_place: str = ""  # where the listener works, as people say it
    third: str = ""  # first name of somebody both know
    relation_note: str = ""  # goes on after the third's name; speaks of neither speaker nor listener
    relation: str = ""  # kind of the speaker's relation to the listener
    tilts: frozenset[str] = (
        frozenset()
    )  # "extraversion_high": where the speaker's traits are far from the middle
    season: str = ""
    company: int = _TWO  # how many they are
    bond: str = ""  # what the listener is to the speaker
    emotion: str = ""
    listener_emotion: str = ""  # as one sees it
    needs: tuple[str, ...] = ()  # the speaker's that are low
    need: str = ""  # how one of them feels, after "I am"
    deed: str = ""  # what the speaker did lately, after "I"
    doing: str = ""  # the doing of it
    deed_reason: str = ""  # why it came out so, after "because"
    deed_went: str = ""  # well, badly or as_usual
    happening: tuple[str, ...] = ()  # ids of what goes on, and the speaker knows
    happened: tuple[str, ...] = ()  # the same of what is over
    news: str = ""  # one that goes on, as a clause
    news_was: str = ""  # one that is over, as what it is called
    friend: str = ""  # first name of somebody else whom the speaker likes
    rival: str = ""  # the same of one whom not
    heard: str = ""  # a short sentence that somebody else said to the speaker
    heard_from: str = ""  # first name

    def facts(self) -> tuple[str, ...]:
        """Everything a condition may ask, as `key:value`, in an order that never changes."""
        return (
            f"occupation:{self.occupation}",
            f"listener_occupation:{self.listener_occupation}",
            f"period:{self.period}",
            f"place:{self.place_id}",
            f"place_kind:{self.place_kind}",
            f"relation:{self.relation}",
            f"weather:{self.weather}",
            *(f"tilt:{tilt}" for tilt in sorted(self.tilts)),
            f"season:{self.season}",
            "company:two" if self.company <= _TWO else "company:several",
            f"bond:{self.bond}",
            f"emotion:{self.emotion}",
            f"listener_emotion:{self.listener_emotion}",
            f"deed_went:{self.deed_went}",
            *(f"need:{need}" for need in self.needs),
            *(f"happening:{one}" for one in self.happening),
            *(f"happened:{one}" for one in self.happened),
        )

    def filled_slots(self) -> dict[str, str]:
        """The slots that have something to say."""
        return {slot: text for slot in SLOTS if (text := getattr(self, slot))}
