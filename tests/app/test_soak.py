"""The long run: that it sees what breaks, that a few days of the real town break nothing, and how it tells."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from llm.mishaps import Mishap
from sim.app.main import main
from sim.app.vitals import Vitals
from sim.doings import Phase
from sim.events import NpcActionPerformed
from sim.soak import LEAST_HEALTH, LifeWatch, facts_of
from sim.world import World
from tests.support.small_town import small_world

TICKS_A_DAY = 1440 * 60


def watched(day: int = 1) -> tuple[World, LifeWatch]:
    """A town that stands still, on the noon of that day."""
    world = small_world()
    watch = LifeWatch(world)
    world.tick = (day - 1) * TICKS_A_DAY + (12 * 60 - 510) * 60
    return world, watch


def test_who_stands_idle_is_seen() -> None:
    """Two hours and no more; a sleeper does not stand idle."""
    world, watch = watched()
    world.doings.phase[:] = Phase.PERFORM
    world.doings.phase[3] = Phase.IDLE
    world.people.moving[:] = False
    for _ in range(14):
        watch()
        world.tick += 600
    told = [line for line in watch.broken() if "idle" in line]
    assert len(told) == 1
    assert world.roster.persona(3).name in told[0]


def test_who_starves_is_seen() -> None:
    """Nothing in the stomach for half a day, and illness."""
    world, watch = watched()
    world.wellbeing.needs[5, world.lore.needs.index["nourishment"]] = 0
    world.wellbeing.physical[5] = LEAST_HEALTH - 1
    for _ in range(75):
        watch()
        world.tick += 600
    name = world.roster.persona(5).name
    assert sum(name in line and ("stomach" in line or "ill to" in line) for line in watch.broken()) == 2


def test_who_does_not_sleep_or_does_little_is_seen() -> None:
    """Each night, and eight different things by the fourth day."""
    world, watch = watched(day=4)
    for night in (1, 2, 3):
        watch.slept |= {(row, night) for row in range(1, len(world))}
    for row in range(len(world)):
        for kind in range(8 - (row == 2)):
            world.events.fire(
                NpcActionPerformed(1, row, world.lore.actions.actions[kind].id, "average", "", "")
            )
    world.events.tell()
    broken = watch.broken()
    assert any("has not slept" in line and world.roster.persona(0).name in line for line in broken)
    assert any("different things" in line and world.roster.persona(2).name in line for line in broken)
    assert len([line for line in broken if "slept" in line or "different" in line]) == 2


def test_money_that_appears_is_seen() -> None:
    """A penny is enough."""
    world, watch = watched(day=3)
    watch.days.append(facts_of(world))
    world.livelihood.money[0] += 1
    world.tick += TICKS_A_DAY
    watch.days.append(facts_of(world))
    assert any("money" in line for line in watch.broken())


def test_ties_that_all_saturate_or_all_fade_are_seen() -> None:
    """Either way a town has nothing left to tell."""
    for strength, word in ((1000, "saturated"), (1, "faded")):
        world, watch = watched()
        world.ties.strength[:] = 0
        world.ties.strength[..., 0] = np.where(world.ties.other >= 0, strength, 0)
        watch.days.append(facts_of(world))
        assert any(word in line for line in watch.broken())


@pytest.mark.slow
def test_three_days_of_the_real_town_break_no_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everybody lives, sleeps and does many things; a report and a picture tell of it."""
    report = tmp_path / "soak.json"
    words = ["soak", "--days", "3", "--seed", "7", "--llm", "none", "--bundle", str(tmp_path / "bundle")]
    status = main([*words, "--report", str(report), "--plots", str(tmp_path / "plots")])
    told = capsys.readouterr()
    assert status == 0, told.err
    assert "0 promises broken" in told.out
    written = json.loads(report.read_text(encoding="utf-8"))
    life = written["life"]
    assert len(life["days"]) == 3
    assert life["different_actions"]["min"] >= 8
    assert all(0 < share <= 1 for share in life["days"][-1]["needs"])
    for picture in ("life.png", "vitals.png"):
        assert (tmp_path / "plots" / picture).stat().st_size > 10_000


def test_a_folder_that_cannot_be_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line, exit status 2, before anything runs."""
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    for words in (["soak", "--days", "1"], ["--headless"], ["bench", "frame"]):
        assert main([*words, "--plots", str(file / "plots")]) == 2
        assert "expected a folder" in capsys.readouterr().err


@pytest.mark.slow
def test_any_run_may_be_drawn(tmp_path: Path) -> None:
    """However short; also where nobody has spoken yet."""
    plots = tmp_path / "plots"
    words = ["--headless", "--fast", "--seed", "7", "--llm", "none", "--ticks", "2"]
    assert main([*words, "--plots", str(plots)]) == 0
    assert (plots / "vitals.png").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.fault(65)
def test_half_an_hour_of_a_hostile_network_breaks_no_promise(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As fast as it goes, with the shipped script; the same seed meets the same faults."""
    seen = []
    for name in ("one", "two"):
        report = tmp_path / f"{name}.json"
        words = [
            "soak",
            "--hours",
            "0.25",
            "--fast",
            "--seed",
            "7",
            "--faults",
            "hostile",
            "--llm",
            "scripted",
        ]
        status = main([*words, "--report", str(report), "--bundle", str(tmp_path / "bundle")])
        assert status == 0, capsys.readouterr().err
        written = json.loads(report.read_text(encoding="utf-8"))
        seen.append((written["soak"]["faults"], written["world"]["state_hash"]))
        assert written["llm"]["outcomes"]["failed"] == 0
    assert seen[0] == seen[1]
    assert set(seen[0][0]) == {mishap.value for mishap in Mishap}
    assert not (tmp_path / "bundle").exists()


@pytest.mark.slow
def test_a_promise_that_breaks_ends_it_with_all_that_tells_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit status 3, one line, and a folder with report, trace, log and a recording that lives again."""
    monkeypatch.setattr(
        Vitals, "broken", lambda self: iter(["the moon is made of cheese"][: self.hours > 0.01])
    )
    bundle = tmp_path / "bundle"
    words = ["soak", "--hours", "1", "--fast", "--seed", "7", "--llm", "scripted", "--bundle", str(bundle)]
    assert main([*words, "--report", str(tmp_path / "r.json")]) == 3
    assert "the moon is made of cheese" in capsys.readouterr().err
    assert {path.name for path in bundle.iterdir()} >= {"r.json", "trace.json", "log.jsonl", "town.recording"}
    written = json.loads((bundle / "r.json").read_text(encoding="utf-8"))
    assert written["soak"]["broken"] == ["the moon is made of cheese"]
    assert written["soak"]["hours"] < 0.5
    assert main(["replay", str(bundle / "town.recording")]) == 0
    assert main([*words]) == 2
    assert "new or empty" in capsys.readouterr().err
