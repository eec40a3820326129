"""Moods come and go: what happens stirs them, and with the hours they settle where temper, needs, health and sky draw them.

Of what a mood is away from its rest, half is gone after two hours of the calendar for valence and after forty minutes
for arousal. A step is a whole number: of a distance that is less than one step needs, the number of the call decides
in how many of the calls there is a step of one, so that in the end every mood arrives.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from agents.emotions import REACH
from agents.traits import AGREEABLENESS, EXTRAVERSION, MIDDLE, NEUROTICISM
from sim.activity import Activity
from sim.columns import CROWD_FROM, FULL, Rows
from sim.events import MoodChanged
from sim.systems.wear import EVERY, steps_an_hour
from sim.world import World

_VALENCE_HALVES: Final = 120  # minutes of the calendar
_AROUSAL_HALVES: Final = 40
_SHUFFLE: Final = 1_000_003  # prime, so that the numbers of the calls come in a mixed order

_USUAL: Final = (0, -20)  # valence and arousal of the middling temper
_BY_EXTRAVERSION: Final = (300, 250)  # hundredths, for each hundredth of the trait over the middle
_BY_AGREEABLENESS: Final = (150, -50)
_BY_NEUROTICISM: Final = (-350, 200)

_EASE: Final = 60  # valence of who wants for nothing
_BURDEN: Final = (
    26,
    7,
)  # valence lost and arousal gained for each need that is low; twice that when critical
_SICKNESS: Final = 350  # valence lost when there is no health left
_SLEEP: Final = 480  # arousal lost
_NIGHT: Final = 140

Ints = NDArray[np.int32]
Impulse = int | NDArray[np.int64]


def feel(world: World) -> None:
    """Let every mood of thirty ticks settle a little, and call it by its name."""
    wellbeing, present = world.wellbeing, world.people.present
    valence, arousal = _resting(world)
    _settle(world, wellbeing.valence, valence, _VALENCE_HALVES)
    _settle(world, wellbeing.arousal, arousal, _AROUSAL_HALVES)
    before = wellbeing.emotion
    now = world.lore.emotions.nearest(wellbeing.valence, wellbeing.arousal, before)
    wellbeing.emotion = np.where(present, now, before)
    _tell(world, before)


def _resting(world: World) -> tuple[Ints, Ints]:
    """Where everybody's mood is drawn to just now."""
    wellbeing = world.wellbeing
    sky_valence, sky_arousal = world.lore.emotions.weather[world.weather.now].tolist()
    burden = (wellbeing.band @ np.ones(wellbeing.band.shape[1], dtype=np.int8)).astype(np.int32)
    sick = FULL - np.minimum(wellbeing.physical, wellbeing.mental)
    sick //= FULL // _SICKNESS
    pull = _EASE + sky_valence - burden * _BURDEN[0] - sick
    pull *= _swing(world.folk.traits[:, NEUROTICISM])
    pull //= 100
    pull += wellbeing.calm_valence
    alarm = burden * _BURDEN[1]
    alarm += sky_arousal - (_NIGHT if _is_night(world) else 0)
    alarm += wellbeing.calm_arousal
    alarm -= (world.people.activity == Activity.SLEEPING) * np.int32(_SLEEP)
    return pull, alarm


def _swing(neuroticism: NDArray[np.int16]) -> NDArray[np.int32]:
    """How much of anything is felt, in hundredths: half by the calmest, half more than usual by the most troubled."""
    return neuroticism.astype(np.int32) + MIDDLE


def _is_night(world: World) -> bool:
    dawn, dusk = world.rules.daylight
    return not dawn <= world.moment.minute < dusk


def _settle(world: World, mood: NDArray[np.int16], resting: Ints, halves: int) -> None:
    """One step of the way; who is not here stays as they were."""
    steps = max(1, steps_an_hour(world) * halves * 1443 // 60_000)  # 1443: a thousand by the logarithm of two
    step = np.minimum(np.maximum(resting, -REACH), REACH)
    step -= mood
    step += world.tick // EVERY * _SHUFFLE % steps
    step //= steps
    step *= world.people.present
    mood += step.astype(np.int16)


def _tell(world: World, before: NDArray[np.int8]) -> None:
    """An event for each who is watched and feels otherwise now."""
    now, watched = world.wellbeing.emotion, before[:CROWD_FROM]
    changed = now[:CROWD_FROM] != watched
    if not changed.any():
        return
    names = world.lore.emotions.names
    for row in np.flatnonzero(changed).tolist():
        world.events.fire(
            MoodChanged(tick=world.tick, npc=row, emotion=names[now[row]], before=names[watched[row]])
        )


def stir(world: World, rows: Rows, valence: Impulse, arousal: Impulse) -> None:
    """Something happened to these people, each of them once: it moves their moods, and the neurotic's more."""
    wellbeing = world.wellbeing
    swing = _swing(world.folk.traits[rows, NEUROTICISM]).astype(np.int64)
    for mood, impulse in ((wellbeing.valence, valence), (wellbeing.arousal, arousal)):
        felt = (
            impulse * swing + MIDDLE
        ) // 100  # to the nearest: else small griefs would weigh more than joys
        felt += mood[rows]
        mood[rows] = np.minimum(np.maximum(felt, -REACH), REACH)


def first_moods(world: World, rows: Rows) -> None:
    """These people come in the mood that is theirs by nature."""
    wellbeing = world.wellbeing
    set_temper(world, rows)
    valence, arousal = wellbeing.calm_valence[rows], wellbeing.calm_arousal[rows]
    wellbeing.valence[rows], wellbeing.arousal[rows] = valence, arousal
    wellbeing.emotion[rows] = world.lore.emotions.nearest(valence, arousal)


def set_temper(world: World, rows: Rows) -> None:
    """Where the moods of these people come to rest by nature, from their traits; due again when those change."""
    traits = world.folk.traits[rows].astype(np.int64) - MIDDLE
    by_trait = np.zeros((traits.shape[1], 2), dtype=np.int64)
    by_trait[EXTRAVERSION], by_trait[AGREEABLENESS] = _BY_EXTRAVERSION, _BY_AGREEABLENESS
    by_trait[NEUROTICISM] = _BY_NEUROTICISM
    calm = np.clip(traits @ by_trait // 100 + np.array(_USUAL), -REACH, REACH)
    world.wellbeing.calm_valence[rows], world.wellbeing.calm_arousal[rows] = calm.T
