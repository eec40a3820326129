from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.context import ContextPacker, Hearer, LineFacts, Part
from agents.persona import load_personas
from agents.templates import Situation
from llm.fitting import fitted
from llm.prompt_forms import as_chat, as_script, estimated_tokens
from llm.token_counts import Calibration, estimated
from llm.types import Turn
from sim.app.settings import ASSETS
from sim.chance import Chance

T = TypeVar("T")
PEOPLE = {persona.id: persona for persona in load_personas(ASSETS / "personas")}
GOLDEN = Path(__file__).parent / "golden"
MIRA, TOMAS = list(PEOPLE.values())[:2]
HISTORY = (
    Turn(MIRA.first_name, "Good morning. The oven went cold in the night."),
    Turn(TOMAS.first_name, "Then half the town has no bread. What happened?"),
)
MEMORIES = (
    "baked bread at the bakery; it failed because the oven went cold",
    "talked with Edith, who said 'the wood is wet this year'",
    "saw the big market",
    "walked in the park; it went well",
    "prayed at the chapel",
    "never shown, for five are enough",
)


def facts(**changed: object) -> LineFacts:
    """Two people on an ordinary morning."""
    known: dict[str, object] = {
        "speaker": MIRA,
        "listeners": (Hearer(TOMAS.first_name, "a friend"),),
        "scene": "Morning, at the bakery, rain.",
        "history": HISTORY,
        "situation": Situation.ANSWER,
        "lead": "It was the",
        "topic": "food and drink",
        "memories": MEMORIES,
        "mood": "tense",
        "moment": "It is a spring morning at the bakery, and it rains.",
        "needs": ("tired",),
        "town": "In town the big market is on.",
    }
    return LineFacts(**(known | changed))  # type: ignore[arg-type]  # the keys are fields


GROUP = (Hearer(TOMAS.first_name, "a friend"), Hearer("Edith", "a rival"), Hearer("Finn"))
CASES = {
    "two": (facts(), 600),
    "group_in_spotlight": (facts(listeners=GROUP, situation=Situation.REPLY), 600),
    "tiny": (facts(), 220),
}


@pytest.mark.parametrize("name", CASES)
def test_a_prompt_reads_as_it_did(name: str) -> None:
    """Byte for byte; whoever changes the layout changes these files, and a server's cache with them."""
    told, budget = CASES[name]
    packer = ContextPacker(budget)
    prompt = packer.build_enhanced_prompt(packer.build_context_for_npc(told))
    form = as_script(prompt)[0] if name == "tiny" else "\n---\n".join(m["content"] for m in as_chat(prompt))
    assert form == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def test_a_longer_talk_begins_with_the_same_bytes() -> None:
    """What changes with every line stands behind what does not."""
    packer = ContextPacker(600)
    short, long = (
        packer.build_enhanced_prompt(packer.build_context_for_npc(facts(history=HISTORY * times, mood=mood)))
        for times, mood in ((1, "tense"), (2, "happy"))
    )
    one, other = (as_script(prompt)[0] for prompt in (short, long))
    kept = next(at for at in range(len(one)) if one[at] != other[at])
    assert HISTORY[1].text in one[:kept]
    assert "tense" not in one[:kept]


def test_at_most_five_memories_and_the_spotlight_has_more_of_them() -> None:
    """Trimmed in the order of the file, which is told."""
    rich, poor = (ContextPacker(budget).build_context_for_npc(facts()) for budget in (600, 260))
    assert sum(piece.part is Part.MEMORY for piece in rich.now) == 5
    assert rich.trimmed == ()
    assert 0 < sum(piece.part is Part.MEMORY for piece in poor.now) < 5
    assert poor.trimmed[0] == "older memories"
    summary = ContextPacker.get_context_summary(poor)
    assert summary.trimmed == poor.trimmed
    assert abs(sum(summary.parts.values()) - summary.tokens) < 12


def test_nothing_is_true_while_a_server_only_reads_ahead() -> None:
    """What it reads is what the line will begin with."""
    packer = ContextPacker(600)
    ahead = packer.build_enhanced_prompt(packer.build_context_for_npc(facts(situation=None, lead="")))
    assert (ahead.now, ahead.nudge) == ("", "")
    line = packer.build_enhanced_prompt(packer.build_context_for_npc(facts()))
    assert (ahead.rules, ahead.persona, ahead.scene, ahead.history) == (
        line.rules,
        line.persona,
        line.scene,
        line.history,
    )


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, None),
        ({"listeners": ()}, "said to nobody"),
        ({"listeners": (Hearer(MIRA.first_name),)}, "speaks to themselves"),
        ({"history": (Turn("Nobody", "words"),)}, "none of them"),
        ({"block": "   "}, "the persona is empty"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, object], problem: str | None) -> None:
    """In words."""
    problems = ContextPacker.validate_context(ContextPacker(600).build_context_for_npc(facts(**changed)))
    assert bool(problems) == (problem is not None)
    assert problem is None or problem in problems[0]


_ALPHABETS = ("abc def ghi ", "a", "1234567890", "!?.,;:", "你好世界", "🦆🧀é", "\n", "ab\ncd ")


def hostile(chance: Chance) -> str:
    """Nothing, a word, a novel, in any script."""
    length, alphabet = one_of(chance, (0, 1, 7, 60, 400, 5000)), one_of(chance, _ALPHABETS)
    return (alphabet * (length // len(alphabet) + 1))[chance.below(len(alphabet)) :][:length]


def one_of(chance: Chance, things: Sequence[T]) -> T:
    """Any of them."""
    return things[chance.below(len(things))]


def hostile_facts(chance: Chance) -> LineFacts:
    """Every text of them of any length."""

    def text() -> str:
        return hostile(chance)

    return facts(
        listeners=tuple(Hearer(text(), text()) for _ in range(chance.below(8))),
        scene=text(),
        history=tuple(Turn(text()[:30], text()) for _ in range(chance.below(14))),
        situation=one_of(chance, (*Situation, None)),
        block=text(),
        lead=text(),
        topic=text(),
        memories=tuple(text() for _ in range(chance.below(7))),
        mood=text(),
        moment=text(),
        needs=tuple(text() for _ in range(3)),
        town=text(),
    )


@pytest.mark.slow
def test_no_prompt_is_ever_over_its_budget() -> None:
    """Ten thousand contexts of hostile lengths, in all budgets that the settings allow."""
    chance = Chance(7)
    for _ in range(10_000):
        budget = one_of(chance, (150, 220, 300, 600, 2000))
        packer = ContextPacker(budget)
        context = packer.build_context_for_npc(hostile_facts(chance))
        prompt = packer.build_enhanced_prompt(context)
        assert context.tokens <= budget
        assert estimated_tokens(prompt) <= budget
        assert prompt.rules


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_an_estimate_is_within_bounds(text: str) -> None:
    """Never fewer than none, nor more than a token a byte."""
    assert 0 <= estimated(text) <= len(text.encode("utf-8", "surrogatepass"))


def test_a_model_that_counts_more_is_given_less() -> None:
    """For the worse it is believed at once, for the better after a while; what no server could mean is not believed."""
    learned = Calibration()
    for counted in (120, 120):
        learned.learn(100, counted)
    assert learned.ratio == pytest.approx(1.25)  # in steps, so that prompts do not slide
    assert learned.room(300) == pytest.approx(300 / learned.ratio)
    learned.learn(100, 90)
    assert learned.ratio == pytest.approx(1.25)
    for _ in range(64):
        learned.learn(100, 80)
    assert learned.ratio < 1
    for _ in range(2):
        learned.learn(100, 100_000)
    assert learned.ratio == 2.0
    before = learned.ratio
    learned.learn(0, 5)
    learned.learn(100, None)
    assert learned.ratio == before


def test_a_server_with_less_room_gets_less() -> None:
    """What is true now goes first, then the oldest lines; who speaks and what is asked stays."""
    packer = ContextPacker(600)
    prompt = packer.build_enhanced_prompt(packer.build_context_for_npc(facts(history=HISTORY * 4)))
    small = fitted(prompt, 150)
    assert estimated_tokens(small) <= 150 or not (small.history or small.now)
    assert (small.persona, small.nudge, small.lead) == (prompt.persona, prompt.nudge, prompt.lead)
