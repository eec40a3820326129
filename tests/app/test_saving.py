"""Saves while the town lives: what goes on after a load is the same town, and a failure costs nothing but a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.app import build
from sim.app.going_on import bring, from_slot
from sim.app.saving import Recorder, Saver, Town
from sim.app.scribe import Scribe
from sim.app.settings_sources import load_settings
from sim.growing import Growing
from sim.inputs import TalksStopped
from sim.journal import Journal
from sim.loop import Loop
from sim.packing import SaveError
from sim.slots import Slot
from sim.state_hash import state_hash
from tests.support.program import hash_of, run_program
from tests.support.running import running


@pytest.mark.slow
def test_a_town_goes_on_where_it_was_saved(tmp_path: Path) -> None:
    """Seed and all it is the same town, and has one future, however often it is taken out."""
    hashes = []
    for options in (
        ("--seed", "7", "--ticks", "1000", "--save", "one"),
        ("--load", "one", "--ticks", "1000", "--save", "two"),
        ("--load", "one", "--ticks", "1000"),
    ):
        run = run_program(tmp_path, *options)
        assert run.returncode == 0, run.stderr
        hashes.append(hash_of(tmp_path))
    assert hashes[0] != hashes[1] == hashes[2]
    ticks = [Slot(tmp_path, slot).newest()[0].last for slot in ("one", "two")]
    assert ticks == [1000, 2000]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--load", "none"), "there is no such save"),
        (("--load", "../one"), "no name of a save"),
        (("--save", "A B"), "no name of a save"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, options: tuple[str, str], told: str) -> None:
    """Exit 2, before anything was built."""
    run = run_program(tmp_path, "--ticks", "1", *options)
    assert run.returncode == 2
    assert told in run.stderr
    assert len(run.stderr.splitlines()) == 1


@pytest.mark.slow
def test_a_save_may_be_looked_at_and_made_anew(tmp_path: Path) -> None:
    """As JSON and back it is the same town."""
    whole = run_program(tmp_path, "--seed", "7", "--ticks", "900", "--save", "one")
    assert whole.returncode == 0, whole.stderr
    told = tmp_path / "one.json"
    for arguments in (("export", "one", str(told)), ("import", "two", str(told))):
        run = run_program(tmp_path, command=("saves", *arguments))
        assert run.returncode == 0, run.stderr
    for slot in ("one", "two"):
        assert run_program(tmp_path, "--load", slot, "--ticks", "300").returncode == 0
        told.write_text(hash_of(tmp_path) if slot == "one" else told.read_text("utf-8"), encoding="utf-8")
    assert hash_of(tmp_path) == told.read_text("utf-8")
    listed = run_program(tmp_path, command=("saves", "list")).stdout
    assert "one" in listed
    assert "0:00:15" in listed


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "twitchman save"}', "x"])
def test_what_is_no_save_is_not_imported(tmp_path: Path, content: str) -> None:
    """One line, and nothing is written."""
    told = tmp_path / "other.json"
    told.write_text(content, encoding="utf-8")
    run = run_program(tmp_path, command=("saves", "import", "one", str(told)))
    assert run.returncode == 2
    assert str(told) in run.stderr
    assert len(run.stderr.splitlines()) == 1
    assert Slot(tmp_path, "one").files() == []


@pytest.mark.slow
def test_a_save_of_another_kind_of_town_is_refused_by_the_key(tmp_path: Path) -> None:
    """Which setting differs, and what it was."""
    assert run_program(tmp_path, "--seed", "7", "--ticks", "10", "--save", "one").returncode == 0
    other = load_settings(["world.day_length=720", f"world.saves={tmp_path}"], None).settings
    with pytest.raises(SaveError, match=r"world\.day_length=1440, and here it is 720"):
        from_slot(other, "one")


@pytest.mark.slow
def test_a_save_has_its_own_seed_and_people(tmp_path: Path) -> None:
    """Who asks for others is told; who asks for nothing, or the same, is not."""
    assert run_program(tmp_path, "--seed", "7", "--ticks", "10", "--save", "one").returncode == 0
    saves = f"world.saves={tmp_path}"
    asked = from_slot(load_settings(["world.seed=9", "world.npcs=30", saves], None).settings, "one")
    assert (asked.settings.world.seed, asked.settings.world.npcs) == (7, 25)
    assert asked.told == (
        "world.seed stays 7, as it was saved, and not 9",
        "world.npcs stays 25, as it was saved, and not 30",
    )
    assert from_slot(load_settings(["world.seed=7", saves], None).settings, "one").told == ()


@pytest.mark.slow
def test_a_save_of_the_first_schema_goes_on(tmp_path: Path) -> None:
    """Whoever comes from the version before keeps their town; it is saved in the new way from then on."""
    old = Path(__file__).parents[1] / "sim" / "data" / "first-schema.save"
    (tmp_path / "home.save").write_bytes(old.read_bytes())
    run = run_program(tmp_path, "--load", "home", "--save", "home", "--ticks", "60")
    assert run.returncode == 0, run.stderr
    assert Slot(tmp_path, "home").newest()[0].last == 660


class Saved:
    """A small town with a saver, and what the person was told."""

    def __init__(self, folder: Path, every_s: float | None = 30.0) -> None:
        self.told: list[str] = []
        self.now_s = 0.0
        self.loop: Loop = running()
        world = self.loop.world
        town = Town(world, {"seed": 7}, Scribe(), self.told.append, now_s=lambda: self.now_s)
        journal = Journal(world.tick)
        self.loop.journals.append(journal)
        self.slot = Slot(folder, "town")
        self.saver = Saver(town, self.slot, every_s, Recorder(town, Growing(), journal))

    def wait(self, seconds: float) -> None:
        """Time passes; what is begun then is done."""
        self.now_s += seconds
        self.saver()
        self.settle()

    def settle(self) -> None:
        """What is being written is written."""
        while self.saver._busy or self.saver.recorder._busy:
            self.saver.town.scribe.settle()

    def close(self) -> None:
        """As the program ends."""
        self.saver.close()
        self.saver.town.scribe.close()


def test_it_saves_at_once_and_then_when_it_is_time(tmp_path: Path) -> None:
    """Whoever is killed in the first half minute has lost nothing either."""
    saved = Saved(tmp_path)
    saved.wait(0)
    assert [path.name for path in saved.slot.files()] == ["000001.save"]
    saved.wait(31)
    assert saved.saver.written == 2
    assert saved.told == []
    saved.close()
    assert saved.saver.written == 3
    assert saved.slot.newest()[0].header["seed"] == 7


def test_between_two_saves_what_enters_is_written_each_second(tmp_path: Path) -> None:
    """A town that is killed then is what it was a second before."""
    saved = Saved(tmp_path)
    saved.wait(0)
    for _ in range(40):
        saved.loop.tick()
    saved.loop.inbox.put(TalksStopped())
    saved.loop.tick()
    saved.wait(1.1)
    recording, _ = saved.slot.newest()
    assert recording.start is not None
    assert (recording.start.tick, recording.last) == (0, 41)
    assert [type(one.what) for one in recording.inputs[41]] == [TalksStopped]
    saved.close()


def test_who_asks_is_told_and_has_a_slot_of_their_own(tmp_path: Path) -> None:
    """The autosave does not come over it."""
    saved = Saved(tmp_path, None)
    quick = Slot(tmp_path, "quick")
    saved.saver.ask(quick)
    saved.wait(0)
    saved.wait(100)
    assert saved.told == ["saved as quick"]
    assert (len(quick.files()), saved.slot.files()) == (1, [])
    saved.close()


def test_a_failure_is_told_once_and_tried_again(tmp_path: Path) -> None:
    """A folder that is none: the town goes on, and is saved as soon as it can be."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    saved = Saved(tmp_path / "file", 1.0)
    for _ in range(20):
        saved.wait(2)
    assert saved.saver.written == 0
    assert len(saved.told) == 1
    assert "not saved" in saved.told[0]
    (tmp_path / "file").unlink()
    saved.wait(2)
    assert saved.saver.written == 1
    saved.close()


def test_nothing_is_saved_when_nobody_wants_it(tmp_path: Path) -> None:
    """No thread, no file."""
    saved = Saved(tmp_path, None)
    saved.wait(100)
    saved.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_last_seconds_are_lived_again(tmp_path: Path) -> None:
    """A save is its state, and all that entered since: nobody loses what came after the state."""
    options = ("--seed", "7", "--save", "one", "--set", "world.autosave=86400")
    assert run_program(tmp_path, "--ticks", "1500", *options).returncode == 0
    slot = Slot(tmp_path, "one")
    last, first = slot.files()
    last.unlink()  # the one that was written at the end
    assert first.name == "000001.save"
    settings = load_settings([f"world.saves={tmp_path}"], None).settings
    before = from_slot(settings, "one")
    assert before.recording.start is not None
    assert (before.recording.start.tick, before.until) == (1, 1500)
    told: list[str] = []
    world = build.build_world(before.settings, build.gather(before.settings, 7), 7)
    assert bring(world, before, told.append) is None
    assert (world.tick, told) == (1500, [])
    assert state_hash(world) == hash_of(tmp_path)
