"""How a run begins that goes on with what was saved or recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from platformdirs import user_data_path

from sim.app.settings import Settings, WorldSettings
from sim.app.town_header import check_fit, check_map, other_file, rules_then, seed_and_people, settings_then
from sim.inbox import Inbox
from sim.inputs import PaceEased, SpotlightTurned
from sim.loop import Loop
from sim.packing import SaveError
from sim.plain import PlainError
from sim.recording import Recording, read_recording
from sim.replay import Mismatch, live_again
from sim.rules import Rules
from sim.saved_state import restore
from sim.slots import Slot
from sim.world import World

QUICK: Final = "quick"  # where F5 saves, and F9 loads from


@dataclass(frozen=True, slots=True)
class Before:
    """What a town was, up to a tick."""

    path: Path
    recording: Recording
    settings: Settings  # with what it decides: its seed, its people
    until: int
    told: tuple[str, ...] = ()  # what had to be done to read it

    @property
    def first(self) -> int:
        """The tick it begins from."""
        return self.recording.start.tick if self.recording.start else 0


def saves_dir(settings: Settings) -> Path:
    """Where saves lie: the user's data folder, if no other is set."""
    return settings.world.saves or user_data_path("twitchman") / "saves"


def slot_of(settings: Settings, name: str) -> Slot:
    """Raises SaveError for what is no name of one."""
    return Slot(saves_dir(settings), name)


def from_slot(settings: Settings, name: str) -> Before:
    """The newest save that can be read and fits these settings. Raises SaveError."""
    slot = slot_of(settings, name)
    recording, told = slot.newest()
    check_fit(slot.path, recording.header, settings)
    seed, people = seed_and_people(slot.path, recording.header)
    world = settings.world.model_copy(update={"seed": seed, "npcs": people})
    told += _not_as_asked(settings.world, world)
    if recording.damage:
        told.append(f"{slot.path}: a part of it is lost, {recording.damage}")
    return Before(
        slot.path, recording, settings.model_copy(update={"world": world}), recording.last, tuple(told)
    )


def _not_as_asked(asked: WorldSettings, world: WorldSettings) -> Iterator[str]:
    """What somebody set, and the save knows better."""
    for key in ("seed", "npcs"):
        wanted, kept = getattr(asked, key), getattr(world, key)
        if key in asked.model_fields_set and wanted not in (None, kept):
            yield f"world.{key} stays {kept}, as it was saved, and not {wanted}"


def from_recording(settings: Settings, path: Path, until: int | None = None) -> Before:
    """A recording, which brings its own settings; map, people and tables must be what they were. Raises SaveError."""
    recording = read_recording(path)
    check_map(path, recording.header, settings)
    if other := other_file(path, recording.header, settings):
        raise SaveError(f"{path}: it was recorded with another {other} than is here now")
    before = Before(path, recording, settings_then(path, recording.header, settings), until or recording.last)
    if not before.first <= before.until <= recording.last:
        raise SaveError(
            f"{path}: it goes from tick {before.first} to {recording.last}; tick {until} is not in it"
        )
    return replace(before, told=(f"{path}: {recording.damage}",) if recording.damage else ())


def bring(
    world: World, before: Before, tell: Callable[[str], None], each_tick: Callable[[], None] = lambda: None
) -> Mismatch | None:
    """Let a town that was founded anew be what that one was. Raises SaveError."""
    start = before.recording.start
    if start is not None:
        try:
            restore(world, start.state, start.arrays)
        except PlainError as error:
            raise SaveError(f"{before.path}: its state is none of this version: {error}") from error
    if world.tick >= before.until:
        return None
    header, settings = before.recording.header, before.settings
    if other := other_file(before.path, header, settings):
        lost_s = (before.until - world.tick) // 60
        tell(f"{other} is not what it was when this was saved: the last {lost_s} s of the save are left out")
        return None
    now, then = world.rules, rules_then(before.path, header, settings)
    _live_by(world, replace(now, talk=then.talk, memory=then.memory, model=then.model))
    world.prompts_read = False
    try:
        return live_again(world, before.recording, before.until, each_tick)
    finally:
        _live_by(world, now)


def go_on(world: World, before: Before, tell: Callable[[str], None]) -> None:
    """As `bring`, for who only wants to go on. Raises SaveError."""
    if mismatch := bring(world, before, tell):
        raise SaveError(f"{before.path}: cannot be gone on with: {mismatch}")


def settle(loop: Loop, before: Before) -> None:
    """Who looks, and how fast it goes, is of the new run; the numbers of inputs go on."""
    world = loop.world
    loop.clock.speed = world.speed
    loop.inbox = Inbox(before.recording.seq + 1)
    if world.shed:
        loop.inbox.put(PaceEased(0))
    if world.spotlight is not None:
        loop.inbox.put(SpotlightTurned(None))


def _live_by(world: World, rules: Rules) -> None:
    world.rules, world.memories.rules = rules, rules.memory
