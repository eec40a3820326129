from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, replace
from itertools import count
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.manner import SIDES, coloured
from agents.persona import HOME_IDS, PUBLIC_IDS, WORK_IDS, RelationKind, load_personas
from agents.reading import Intent
from agents.template_files import PERIODS, SLOTS, WEATHERS, Bond, Group, Season, Tilt, Topic, Went
from agents.templates import Draw, Scene, Situation, Template, TemplateBook, TemplateError
from tests.support.readers import READER

ASSETS = Path(__file__).parents[2] / "assets"
BOOK = TemplateBook.load(ASSETS / "templates")
TRADES = sorted({persona.occupation for persona in load_personas(ASSETS / "personas")})
FAREWELLS = (Situation.FAREWELL, Situation.FAREWELL_REPLY, Situation.LEAVE_TAKING)

MIRA = Scene(
    speaker="Mira",
    listener="Tomas",
    occupation="baker",
    listener_occupation="smith",
    place="the market",
    place_id="market",
    place_kind="public",
    period="morning",
    interest="dark rye",
    goal="to win the harvest pie contest",
    listener_place="the smithy",
    third="Nell",
    relation_note="divides every number that Hugo says by four",
    tilts=frozenset({"extraversion_high"}),
    season="autumn",
    need="hungry",
    deed="baked bread",
    doing="baking bread",
    deed_reason="the oven was in a good mood",
    news="the big market is on",
    news_was="the big market",
    friend="Otto",
    rival="Hugo",
    heard="The goat is loose.",
    heard_from="Pip",
)

scenes = st.builds(
    Scene,
    speaker=st.just("Mira"),
    listener=st.just("Tomas"),
    occupation=st.sampled_from(TRADES),
    listener_occupation=st.sampled_from(TRADES),
    place=st.just("the market"),
    place_id=st.sampled_from(("", *WORK_IDS, *PUBLIC_IDS, *HOME_IDS)),
    place_kind=st.sampled_from(("work", "public", "home")),
    period=st.sampled_from(PERIODS),
    weather=st.sampled_from(("", *WEATHERS)),
    topic=st.sampled_from(sorted({"", "nothing/known", *(template.leaves for template in BOOK.templates)})),
    interest=st.sampled_from(("", "dark rye")),
    goal=st.sampled_from(("", "to win")),
    listener_place=st.sampled_from(("", "the smithy")),
    third=st.sampled_from(("", "Nell")),
    relation_note=st.sampled_from(("", "counts the sacks of Hugo")),
    relation=st.sampled_from(("", *get_args(RelationKind))),
    tilts=st.frozensets(st.sampled_from(get_args(Tilt))),
    subject=st.sampled_from(("", *(topic.value for topic in Topic))),
    season=st.sampled_from(("", *get_args(Season))),
    bond=st.sampled_from(("", *get_args(Bond))),
    company=st.integers(2, 8),
    emotion=st.sampled_from(("calm", "happy", "angry", "gloomy", "bored")),
    listener_emotion=st.sampled_from(("calm", "happy", "angry", "gloomy")),
    needs=st.sampled_from(((), ("nourishment",), ("conversation", "rest"))),
    need=st.sampled_from(("", "hungry")),
    deed=st.sampled_from(("", "baked bread")),
    doing=st.sampled_from(("", "baking bread")),
    deed_reason=st.sampled_from(("", "the oven was hot")),
    deed_went=st.sampled_from(("", *get_args(Went))),
    happening=st.sampled_from(((), ("theft",), ("stranger_arrives", "market_day"))),
    happened=st.sampled_from(((), ("first_snow", "theft"))),
    news=st.sampled_from(("", "the big market is on")),
    news_was=st.sampled_from(("", "the big market")),
    friend=st.sampled_from(("", "Otto")),
    rival=st.sampled_from(("", "Hugo")),
    heard=st.sampled_from(("", "The goat is loose.")),
    heard_from=st.just("Pip"),
)


def first(limit: int) -> int:
    """The lowest draw."""
    assert limit > 0
    return 0


def in_turn() -> Draw:
    """Draws that go round all there is."""
    numbers = count()
    return lambda limit: next(numbers) * 7919 % limit


def situation_of(template: Template) -> Situation:
    """As its id says."""
    return Situation(template.id.split(".")[0])


def test_there_is_enough_to_say() -> None:
    """At least 220 lines, no two alike, every situation with several that always fit."""
    assert len(BOOK.templates) >= 220
    assert len({template.id for template in BOOK.templates}) == len(BOOK.templates)
    plain = [re.sub(r"[^a-z{}]", "", template.text.lower()) for template in BOOK.templates]
    assert not [text for text, times in Counter(plain).items() if times > 1]
    always = Counter(situation_of(template) for template in BOOK.templates if template.always)
    assert all(always[situation] >= 5 for situation in Situation)


@pytest.mark.parametrize("template", BOOK.templates, ids=lambda template: template.id)
def test_a_line_is_what_its_situation_says(template: Template) -> None:
    """Every slot fills; who takes leave does so in words that are read as leave, and nobody else's are."""
    line = template.fill(MIRA.filled_slots())
    situation = situation_of(template)
    assert not set('{}"') & set(line.text)
    assert line.text[0].isupper()
    assert line.text[-1] in ".!?"
    assert len(line.text) <= 140
    intent = READER.read(line.text, ("A", "B")).intent
    assert line.is_question is (intent is Intent.ASK)
    assert (intent is Intent.LEAVE) is (situation in FAREWELLS)
    if situation is Situation.QUESTION:
        assert line.is_question
    elif situation is not Situation.OPENING:
        assert not line.is_question  # only an opening or a question waits for an answer
    assert line.text.startswith(line.lead)


def test_every_question_has_answers_and_every_opening_replies() -> None:
    """What a line leaves behind is a thread of which the next line can be, whoever says it."""
    for template in BOOK.templates:
        if situation_of(template) not in (Situation.OPENING, Situation.QUESTION):
            continue
        due = Situation.ANSWER if template.text.endswith("?") else Situation.REPLY
        scene = replace(MIRA, occupation="nobody in particular", topic=template.leaves)
        line = BOOK.choose(due, scene, first, ())
        thread = template.leaves.partition("/")[2]
        assert not thread or f".{thread}." in line.id, (template.id, line.id)


def test_an_answer_leaves_the_matter_and_keeps_the_topic() -> None:
    """One reacts to an answer otherwise than to an opening."""
    answer = BOOK.choose(Situation.ANSWER, replace(MIRA, topic="food/pie"), first, ())
    assert answer.topic == "food"
    assert BOOK.choose(Situation.REPLY, replace(MIRA, topic=answer.topic), first, ()).id.startswith(
        "reply.food."
    )


def test_after_a_models_line_only_lines_that_fit_anything_follow() -> None:
    """Its topic is unknown."""
    for situation in (Situation.REPLY, Situation.ANSWER):
        draw = in_turn()
        for _ in range(50):
            assert BOOK.choose(situation, MIRA, draw, ()).id.startswith(f"{situation.value}.any.")


def test_a_subject_is_spoken_of_with_its_own_sheet() -> None:
    """Or of oneself and the news, which one may always tell."""
    draw = in_turn()
    for subject in ("harvest", "money", "faith", "animals"):
        scene = replace(MIRA, subject=subject)
        for situation in (Situation.OPENING, Situation.NEW_TOPIC, Situation.QUESTION):
            for _ in range(20):
                line = BOOK.choose(situation, scene, draw, ())
                assert line.id.split(".")[1] in {subject, "self", "news"}, line.id


def test_what_was_lived_through_is_told_as_it_was() -> None:
    """A deed with its reason, a want, a mood, a friend, a rival and hearsay: only where there is one."""
    draw, told = in_turn(), ""
    scene = replace(
        MIRA, subject="self", deed_went="badly", needs=("nourishment",), emotion="annoyed", bond="at_odds"
    )
    for _ in range(400):
        told += BOOK.choose(Situation.OPENING, scene, draw, ()).text
    for words in ("because the oven was in a good mood", "I am hungry", "Otto", "Hugo", "The goat is loose."):
        assert words in told
    plain = replace(scene, deed_went="", deed="", needs=(), friend="", rival="", heard="", emotion="calm")
    untold = "".join(BOOK.choose(Situation.OPENING, plain, draw, ()).text for _ in range(400))
    for words in ("because", "I am hungry", "Otto", "Hugo", "goat is loose"):
        assert words not in untold


def test_who_has_said_everything_says_what_is_longest_ago() -> None:
    """Not what was just said."""
    ids = [line.id for line in BOOK.templates if line.id.startswith("leave_taking")]
    line = BOOK.choose(Situation.LEAVE_TAKING, MIRA, first, ids)
    assert line.id == ids[0]
    assert BOOK.choose(Situation.LEAVE_TAKING, MIRA, first, ids[::-1]).id == ids[-1]


def test_temper_colours_some_lines_and_spoils_none() -> None:
    """At most one in four, by one draw; greetings and farewells are said as they stand."""
    tempers = (
        "extraversion_low",
        "neuroticism_high",
        "agreeableness_low",
        "openness_high",
        "extraversion_high",
    )
    for temper in tempers:
        said = {coloured("It is late.", Situation.REPLY, {temper}, die) for die in range(SIDES)}
        told = {coloured("It is late.", Situation.OPENING, {temper}, die) for die in range(SIDES)}
        assert len(said | told) > 1
        assert (
            sum(
                coloured("It is late.", Situation.REPLY, {temper}, die) != "It is late."
                for die in range(SIDES)
            )
            <= 5
        )
        for situation in (Situation.GREETING, *FAREWELLS):
            assert {coloured("It is late.", situation, {temper}, die) for die in range(SIDES)} == {
                "It is late."
            }


def test_a_trade_speaks_of_its_own() -> None:
    """The baker's openings hold the oven; nobody else's do."""
    told: Counter[str] = Counter()
    for occupation in ("baker", "fisherman"):
        draw = in_turn()
        for _ in range(400):
            text = BOOK.choose(Situation.OPENING, replace(MIRA, occupation=occupation), draw, ()).text
            told[occupation] += "big oven" in text
    assert told["baker"] > 0
    assert told["fisherman"] == 0


def test_nobody_is_mocked_to_their_face() -> None:
    """Lines about the mayor are for when he is away."""
    draw = in_turn()
    for scene in (replace(MIRA, occupation="mayor"), replace(MIRA, listener_occupation="mayor")):
        for topic in (
            "gossip/heron",
            "weather/wind",
            "place/square",
            "food/cheese",
            "health/ache",
            "money/debt",
            "animals/beast",
            "town/council",
        ):
            for situation in (Situation.REPLY, Situation.ANSWER):
                for _ in range(30):
                    assert "mayor" not in BOOK.choose(situation, replace(scene, topic=topic), draw, ()).text


def test_what_was_said_lately_is_not_said_again_while_there_is_other() -> None:
    """Thread, then topic, then anything; when all is used up, the least bad is to repeat, not to be silent."""
    scene = replace(MIRA, topic="food/pie")
    said: list[str] = []
    draw = in_turn()
    for _ in range(10):
        said.append(BOOK.choose(Situation.REPLY, scene, draw, said).id)
    assert len(set(said)) == 10
    assert [line.split(".")[1:3] for line in said[:3]] == [["food", "pie"]] * 3
    everything = [template.id for template in BOOK.templates]
    assert BOOK.choose(Situation.REPLY, scene, first, everything).text


@given(scene=scenes, situation=st.sampled_from(Situation), number=st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_somebody_always_has_something_to_say(scene: Scene, situation: Situation, number: int) -> None:
    """Any scene, any situation: one draw, one whole line, and the same draw gives the same line."""
    limits: list[int] = []

    def draw(limit: int) -> int:
        limits.append(limit)
        return number % limit

    line = BOOK.choose(situation, scene, draw, ())
    assert limits
    assert len(limits) == 1
    assert line == BOOK.choose(situation, scene, draw, ())
    assert "{" not in line.text
    kind = Situation(line.id.split(".")[0])
    assert kind is situation or (situation, kind) == (Situation.NEW_TOPIC, Situation.OPENING)
    assert "  " not in line.text


@given(scene=scenes, situation=st.sampled_from(Situation))
@settings(max_examples=100, deadline=None)
def test_every_draw_is_a_line_that_is_true(scene: Scene, situation: Situation) -> None:
    """Whatever number comes, the line's conditions hold."""
    by_id = {template.id: template for template in BOOK.templates}
    true = frozenset(scene.facts())
    limits: list[int] = []

    def note_limit(limit: int) -> int:
        limits.append(limit)
        return 0

    BOOK.choose(situation, scene, note_limit, ())
    for number in range(0, limits[0], max(1, limits[0] // 20)):
        line = BOOK.choose(situation, scene, lambda _, number=number: number, ())  # type: ignore[misc]  # the default binds the loop's value
        assert by_id[line.id].fits(true, scene.filled_slots())


def test_slots_are_fields_of_a_scene() -> None:
    """A slot that no scene has could never be filled."""
    assert set(SLOTS) <= {field.name for field in fields(Scene)}


def test_conditions_name_trades_that_exist() -> None:
    """A misspelt trade would be a line that nobody ever says."""
    named = {
        fact.partition(":")[2]
        for template in BOOK.templates
        for fact in (*template.excluded, *(fact for condition in template.conditions for fact in condition))
        if fact.partition(":")[0].endswith("occupation")
    }
    assert named <= set(TRADES)
    assert "leaves" in Group.model_fields


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ('situation = "reply"\nlines = ["Hello {listner}."]', r"group\[0\]\.lines\[0\]: unknown slot \{listner\}.*'listener'"),
        ('situation = "repl"\nlines = ["Hello."]', r"group\[0\]\.situation: .*'repl' .*'reply'"),
        ('situation = "reply"\nline = ["Hello."]', r"group\[0\]\.line: unknown key.*'lines'"),
        ('situation = "reply"\nlines = ["Hello."]\nperiod = ["mornin"]', r"group\[0\]\.period\[0\]: 'mornin' .*'morning'"),
        ('situation = "reply"\nlines = ["Hello."]\nplace = ["tavrn"]', r"group\[0\]\.place\[0\]: 'tavrn' .*'tavern'"),
        ('situation = "reply"\nlines = ["Hello."]\nstarts = true', r"group\[0\]: expected `starts` only"),
        ('situation = "reply"\nlines = ["Hello {"]', r"group\[0\]\.lines\[0\]: "),
        ('situation = "reply"\nlines = ["Hello."', r"line \d+: not TOML"),
        ('situation = "reply"\nlines = ["Hello."]', r"expected a greeting that fits everywhere"),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, group: str, told: str) -> None:
    """File, key, what was expected; and a book with holes is refused before anybody falls silent."""
    (tmp_path / "talk.toml").write_text(f'topic = "any"\n[[group]]\n{group}\n', encoding="utf-8")
    with pytest.raises(TemplateError) as caught:
        TemplateBook.load(tmp_path)
    said = str(caught.value)
    assert said.startswith(str(tmp_path))
    assert "\n" not in said
    assert re.search(told, said), said


def test_an_unknown_topic_is_told(tmp_path: Path) -> None:
    """With the nearest right one."""
    (tmp_path / "talk.toml").write_text(
        'topic = "wether"\n[[group]]\nsituation = "reply"\nlines = ["Hello."]\n', encoding="utf-8"
    )
    with pytest.raises(TemplateError, match=r"topic: 'wether' .*'weather'"):
        TemplateBook.load(tmp_path)
