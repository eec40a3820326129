"""What a soak lets go wrong: drawn by seed, told by type, and behind it the real thing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

import pytest

from llm.backends.faulty import Faulty
from llm.backends.scripted import Scripted
from llm.canned import CannedAnswer
from llm.errors import ModelError
from llm.faulty_answers import FaultyAnswers
from llm.mishaps import BABBLE, NO_FAULTS, PROFILES, Misfortune, Mishap, Profile
from llm.tick_models import TickModels
from llm.types import Delta, End, Finished, Kind, Request, Started, Tier, Why
from tests.support.model_requests import OpenGate, ask

WORDS = tuple((0.01 * number, f"word{number} ") for number in range(6))


class Book:
    """`llm.canned.CannedSource` that always has the same answer."""

    name = "book"

    def answer(self, request: Request) -> CannedAnswer:
        """Six words."""
        return CannedAnswer(WORDS, end_s=0.06, backend=f"book {request.id}"[:4])


def only(mishap: Mishap) -> Misfortune:
    """Nothing but this."""
    return Misfortune(Profile({mishap: 1000}), 7)


def test_the_same_question_meets_the_same_mishap() -> None:
    """Whatever the clock says; another seed has other luck."""
    drawn = [
        [Misfortune(PROFILES["hostile"], seed).of(ask(number)) for number in range(300)] for seed in (7, 7, 8)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("name", ["flaky", "hostile"])
def test_as_much_goes_wrong_as_the_profile_has_it(name: str) -> None:
    """Within a few in a hundred of 20,000 questions, and it is counted."""
    profile = PROFILES[name]
    misfortune = Misfortune(Profile(profile.per_mille), 3)
    for number in range(20_000):
        misfortune.of(ask(number))
    for mishap, share in profile.per_mille.items():
        assert misfortune.met[mishap] == pytest.approx(share * 20, rel=0.25)


def test_nothing_goes_wrong_where_nothing_should() -> None:
    """The profile `none`."""
    misfortune = Misfortune(PROFILES[NO_FAULTS], 7)
    assert [misfortune.of(ask(number, tick=number * 100)) for number in range(200)] == [None] * 200


def test_an_outage_lasts_a_spell() -> None:
    """All of it or none, about half of them in a swizzle."""
    misfortune = Misfortune(PROFILES["swizzle"], 7)
    spells = [{misfortune.is_out(spell * 600 + at) for at in range(0, 600, 50)} for spell in range(200)]
    assert all(len(spell) == 1 for spell in spells)
    assert 70 < sum(True in spell for spell in spells) < 130
    out = next(tick for tick in range(0, 100_000, 600) if misfortune.is_out(tick))
    assert misfortune.of(ask(1, tick=out)) is Mishap.AWAY


def heard_of(mishap: Mishap, patience_s: float = 0.3) -> tuple[str, str]:
    """What a listener hears of a backend with only this mishap: the words, and how it ended."""

    async def listen() -> tuple[str, str]:
        words: list[str] = []
        backend = Faulty(Scripted(Book()), only(mishap))
        try:
            async with asyncio.timeout(patience_s), aclosing(backend.stream(ask(5))) as events:
                async for event in events:
                    if isinstance(event, Delta):
                        words.append(event.text)
                    elif isinstance(event, End):
                        return "".join(words), "end"
        except ModelError as error:
            return "".join(words), error.why.value
        except TimeoutError:
            return "".join(words), "hangs"
        return "".join(words), "nothing"

    return asyncio.run(listen())


HALF = "word0 word1 word2 "


@pytest.mark.parametrize(
    ("mishap", "words", "end"),
    [
        (Mishap.AWAY, "", Why.UNREACHABLE),
        (Mishap.BROKEN, "", Why.SERVER_ERROR),
        (Mishap.BUSY, "", Why.RATE_LIMITED),
        (Mishap.MUTE, "", "hangs"),
        (Mishap.STALLS, HALF, "hangs"),
        (Mishap.BREAKS, HALF, Why.UNREACHABLE),
        (Mishap.EMPTY, "", "end"),
    ],
)
def test_a_backend_with_misfortune(mishap: Mishap, words: str, end: str) -> None:
    """What it says goes wrong on the way."""
    assert heard_of(mishap) == (words, str(end))


def test_a_backend_that_babbles_or_repeats() -> None:
    """Something of the list, once; or the same without end."""
    said, end = heard_of(Mishap.BABBLES)
    assert end == "end"
    assert said in {babble.replace("#", "5") for babble in BABBLE}
    said, end = heard_of(Mishap.REPEATS)
    assert (set(said.split()), end) == ({"and", "on"}, "hangs")


def spoken(mishap: Mishap) -> Sequence[object]:
    """The events of one line whose written answer meets this."""
    models = TickModels(OpenGate, FaultyAnswers(Book(), only(mishap)))
    models.submit(ask(5))
    return [event for tick in range(400) for event in models.drain(tick)]


@pytest.mark.parametrize("mishap", list(Mishap))
def test_a_written_answer_with_misfortune_still_ends_once(mishap: Mishap) -> None:
    """In time, with the words it had or a template; and a fast run is as it is for whoever runs it again."""
    events = spoken(mishap)
    ends = [event for event in events if isinstance(event, Finished)]
    assert len(ends) == 1
    assert ends[0] is events[-1]
    assert ends[0].text
    assert ends[0].stats.duration_ms < 4000
    (started,) = [event for event in events if isinstance(event, Started)]
    has_words = mishap in (Mishap.STALLS, Mishap.BREAKS, Mishap.REPEATS, Mishap.BABBLES)
    assert started.tier is (Tier.LOCAL if has_words else Tier.TEMPLATE)
    assert repr(events) == repr(spoken(mishap))


def test_thoughts_are_left_alone() -> None:
    """Only what is spoken meets with misfortune."""
    misfortune = only(Mishap.AWAY)
    answer = FaultyAnswers(Book(), misfortune).answer(ask(5, kind=Kind.SUMMARY))
    assert answer is not None
    assert (answer.pieces, misfortune.met) == (WORDS, {})
