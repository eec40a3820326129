"""Puts what saves and what records beside a loop, and answers whoever asks for either."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sim.app.going_on import QUICK, from_slot, slot_of
from sim.app.saving import Recorder, Saver, Town
from sim.app.settings import Settings
from sim.growing import Growing
from sim.journal import Journal
from sim.loop import Loop
from sim.packing import SaveError
from sim.state_hash import pulse


@dataclass(slots=True)
class Keepers:
    """Of one run."""

    loop: Loop
    settings: Settings
    town: Town
    leave_for: Callable[[str], None]  # end this run, and go on with what was saved under a name
    recording: Path | None = None

    def load_from(self, name: str) -> None:
        """End this run, and go on with a save; where that cannot be, say so and go on as before."""
        if self.recording is not None:
            self.town.tell(f"nothing is loaded while {self.recording} is made: it is one town's")
            return
        try:
            from_slot(self.settings, name or QUICK)
        except SaveError as error:
            self.town.tell(str(error))
        else:
            self.leave_for(name or QUICK)

    def attach(self, autosave: str | None, closing: ExitStack) -> None:
        """All of them, beside the loop. Raises SaveError."""
        loop, town = self.loop, self.town
        closing.callback(town.scribe.close)
        every_s = self.settings.world.autosave if autosave else None
        slot = slot_of(self.settings, autosave or QUICK)
        pages = Recorder(town, Growing(), self._journal(marks=False, wanted=every_s is not None))
        saver = Saver(town, slot, every_s, pages)
        loop.in_slack.append(saver)
        closing.callback(saver.close)
        if self.recording is not None:
            recorder = Recorder.into(self.recording, town, self._journal(marks=True, wanted=True))
            loop.in_slack.append(recorder)
            closing.callback(recorder.close)
        loop.save_world, loop.load_world = partial(self._save_into, saver), self.load_from

    def _save_into(self, saver: Saver, name: str) -> None:
        """Soon; who presses a key saves beside the autosave, not over it."""
        try:
            saver.ask(slot_of(self.settings, name or QUICK))
        except SaveError as error:
            self.town.tell(str(error))

    def _journal(self, *, marks: bool, wanted: bool) -> Journal:
        world = self.loop.world
        journal = Journal(world.tick, (lambda: pulse(world)) if marks else None)
        if wanted:
            self.loop.journals.append(journal)
        return journal
