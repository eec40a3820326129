"""What becomes of a line: it begins, it is said or cut short, or nobody could say it; then the floor passes on."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from agents.conversation.repetition import fingerprint, opening
from agents.conversation.talk import NOBODY, Conversation
from agents.cues import BeganSpeaking, FellSilent, SpeechCue, Spoke
from agents.mind import Mind
from agents.reading import Intent, cut_off
from llm.types import Outcome, Tier, Turn
from sim.systems.ask import read_ahead
from sim.systems.hearers import hear_line
from sim.systems.subject import follow_subject
from sim.systems.turns import may_cut_in, pass_floor, pause
from sim.world import World

_PAIR: Final = 2
_LEAST_WORDS: Final = 2  # of a line that is cut short
_LEAST_LEFT: Final = 10  # characters of it that nobody hears
_SOONEST: Final = 3  # of the last lags, in order: the next answer will hardly come sooner than this one did


def follow(world: World, talk: Conversation, mind: Mind, cue: SpeechCue) -> None:
    """Let a talk take what became of the line that it waits for."""
    match cue:
        case BeganSpeaking():
            world.lags.append(world.tick - mind.asked_at)
            if talk.said:
                world.talk_log.gaps.append(world.tick - talk.read_at)
            may_cut_in(world, talk)
        case Spoke():
            _said(world, talk, mind, cue)
        case FellSilent():
            _missed(world, talk)
        case _:
            assert_never(cue)


def _said(world: World, talk: Conversation, mind: Mind, cue: Spoke) -> None:
    """A line was said: everybody takes it, and the next one's turn comes when it can have been read."""
    rules, speaker = world.rules.talk, talk.speaker
    cue = _as_far_as_it_was_heard(world, talk, mind, cue)
    written = cue.tier is Tier.TEMPLATE
    if written:
        mind.recent.append(talk.asked_template)  # it counts as said only when spoken
        world.said_lately.append(talk.asked_template)
    else:
        world.phrases.heard(cue.text)
        mind.openings.append(opening(cue.text))
    mark = fingerprint(cue.text)
    mind.said.append(mark)
    talk.heard(
        Turn(mind.persona.first_name, cue.text), cue.reading, talk.asked_thread if written else "", mark
    )
    hear_line(world, talk, cue.reading, cue.text)
    talk.read_at = max(world.tick, mind.began_at + rules.speaking_ticks(len(cue.text)))
    if cue.outcome is Outcome.INTERRUPTED and talk.cut_by in talk.participants:
        _cut_short(world, talk, speaker)
    else:
        _go_on(world, talk, speaker)


def _as_far_as_it_was_heard(world: World, talk: Conversation, mind: Mind, cue: Spoke) -> Spoke:
    """A line that came faster than it is read may be cut short while it is: the rest of it was never said."""
    if talk.cut_by not in talk.participants or cue.outcome is not Outcome.COMPLETE:
        return cue
    heard = world.rules.talk.read_in(talk.cut_at - mind.began_at)
    words = cue.text[:heard].split(" ")[:-1]
    if len(words) < _LEAST_WORDS or len(cue.text) - heard < _LEAST_LEFT:
        return cue
    text = cut_off(" ".join(words))
    world.cut_lines.append((cue.request_id, text))
    reading = replace(cue.reading, intent=Intent.CONTINUE)  # what it was for stood at its end
    return replace(cue, text=text, outcome=Outcome.INTERRUPTED, reading=reading)


def _go_on(world: World, talk: Conversation, speaker: int) -> None:
    talk.cut_by = NOBODY
    follow_subject(world, talk, talk.last)
    pass_floor(world, talk)
    if talk.stays[speaker].said_goodbye and len(talk.participants) > _PAIR:
        talk.parting[speaker] = talk.read_at + world.rules.talk.parting // 2
    if talk.finished is not None or _too_long(world, talk):
        talk.ends_at = talk.read_at + world.rules.talk.parting
        return
    _next_turn(world, talk)
    read_ahead(world, talk)


def _cut_short(world: World, talk: Conversation, speaker: int) -> None:
    """Whoever cut in has the floor at once."""
    talk.give_floor(talk.cut_by, speaker)
    talk.cut_by, talk.cuts = NOBODY, talk.cuts + 1
    talk.interjects = True
    talk.read_at = max(world.tick, talk.cut_at)
    talk.turn_at = max(world.tick + 1, talk.read_at - _lag(world))


def _next_turn(world: World, talk: Conversation) -> None:
    """The question is put so early that its answer hardly comes before the last line was read."""
    begins = talk.read_at + pause(world, talk)
    talk.turn_at = max(world.tick + 1, begins - _lag(world))


def _lag(world: World) -> int:
    """How long an answer takes at least, as far as the last ones tell."""
    return sorted(world.lags)[min(_SOONEST, len(world.lags)) - 1] if world.lags else 0


def _missed(world: World, talk: Conversation) -> None:
    talk.missed()
    talk.cut_by = NOBODY
    if talk.finished is not None:
        talk.ends_at = world.tick
        return
    pass_floor(world, talk)
    talk.turn_at = world.tick + pause(world, talk)


def _too_long(world: World, talk: Conversation) -> bool:
    """The hard cap, of lines and of time."""
    rules = world.rules.talk
    return talk.said >= rules.most_lines or world.tick - talk.formed_at >= rules.longest
