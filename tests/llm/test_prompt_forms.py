from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from llm.prompt_forms import SCRIPT_STOPS, as_chat, as_script
from llm.types import Prompt, Turn
from tests.support.model_requests import prompt_of

texts = st.text(max_size=40)


def test_a_script_ends_inside_the_speakers_quotes() -> None:
    """What the model writes next is what is spoken, and the closing quote is its end."""
    text, stops = as_script(prompt_of("Mira"))
    assert text.endswith('Tomas: "Good morning, Mira. You look tired."\nMira: "')
    assert stops == ('"', "\n")


def test_what_changes_least_comes_first() -> None:
    """Rules, persona, scene, history, nudge: a prefix cache re-reads only what is new."""
    prompt = dataclasses.replace(prompt_of(), nudge="She changes the subject.")
    parts = [prompt.rules, prompt.persona, prompt.scene, prompt.history[0].text, prompt.nudge]
    for text in (as_script(prompt)[0], "".join(message["content"] for message in as_chat(prompt))):
        places = [text.index(part) for part in parts]
        assert places == sorted(places)


def test_within_a_talk_a_script_is_only_appended_to() -> None:
    """The answer continues the question's bytes, and the next question continues both."""
    before, _ = as_script(prompt_of("Mira", ("Tomas", "Morning.")))
    after, _ = as_script(prompt_of("Mira", ("Tomas", "Morning."), ("Mira", "Busy day."), ("Tomas", "Aye.")))
    assert after.startswith(before + 'Busy day."\n')


def test_the_system_message_is_the_same_bytes_in_every_talk() -> None:
    """Who one is does not depend on the talk."""
    first = as_chat(prompt_of("Mira", ("Tomas", "Morning.")))
    other = as_chat(prompt_of("Mira", ("Tomas", "Evening."), ("Mira", "Sleep well.")))
    assert first[0] == other[0]
    assert [message["role"] for message in first] == ["system", "user"]


def test_a_chat_asks_for_the_spoken_words_only() -> None:
    """Names, quotes and stage directions are not speech."""
    assert "only the words Mira speaks aloud" in as_chat(prompt_of("Mira"))[1]["content"]


@given(said=texts, name=texts, nudge=texts)
def test_no_content_breaks_the_script(said: str, name: str, nudge: str) -> None:
    """Whatever was said before, a line stays one line in one pair of quotes."""
    name = name or "Mira"
    prompt = Prompt("rules", "persona", "scene", (Turn(name, said),), nudge, name, ())
    body = as_script(prompt)[0].removeprefix("rules\n\npersona\n\nscene\n")
    lines = body.split("\n")
    assert lines[0].count('"') == 2
    assert lines[0].endswith('"')
    assert lines[-1].count('"') == 1
    assert len(lines) == (3 if nudge.split() else 2)
    assert all(stop not in lines[0][:-1].partition('"')[2] for stop in SCRIPT_STOPS)


def test_a_plain_question_is_asked_as_it_is() -> None:
    """Without a speaker there is no play: a chat gets the question alone, a script the first half of a dialogue."""
    prompt = Prompt("", "You are a wise wizard.", "", (), "Tell a story", "", ("You",))
    assert as_chat(prompt) == [
        {"role": "system", "content": "You are a wise wizard."},
        {"role": "user", "content": "Tell a story"},
    ]
    assert as_script(prompt)[0] == 'You are a wise wizard.\nYou: "Tell a story"\nAnswer: "'
    assert as_chat(Prompt("", "", "", (), "Hello", "", ())) == [{"role": "user", "content": "Hello"}]


def test_empty_parts_leave_no_holes() -> None:
    """A prompt with nothing but a speaker is still a script."""
    assert as_script(Prompt("", "", "", (), "", "Mira", ()))[0] == '\nMira: "'
