from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm.spend_file import STATE_DIR_VARIABLE, SpendFile, SpendFileError, spend_path

NOW = 29_700_000  # minutes since 1970
DAY = 24 * 60
SINCE = NOW - DAY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A place for a file, in a folder that is not there yet."""
    return tmp_path / "state" / "spend.sqlite3"


@pytest.fixture
def file(path: Path) -> Iterator[SpendFile]:
    """A fresh file."""
    with closing(SpendFile(path)) as opened:
        yield opened


def put_aside_of(path: Path) -> list[str]:
    """The names of what was put aside."""
    return sorted(one.name for one in path.parent.glob("*.damaged-*"))


def test_what_is_spent_in_a_minute_adds_up(file: SpendFile) -> None:
    """Nothing is overwritten."""
    assert file.add_and_read({NOW: 0.25, NOW - 1: 1.0}, SINCE) == {NOW - 1: 1.0, NOW: 0.25}
    assert file.add_and_read({NOW: 0.5}, SINCE) == {NOW - 1: 1.0, NOW: 0.75}
    assert file.add_and_read({}, NOW) == {NOW: 0.75}


def test_it_is_remembered_from_run_to_run(path: Path) -> None:
    """A cap that a restart lifts is none."""
    for _ in range(3):
        with closing(SpendFile(path)) as file:
            spent = file.add_and_read({NOW: 0.5}, SINCE)
    assert spent == {NOW: 1.5}
    assert not file.put_aside


def test_two_programs_see_each_other(path: Path) -> None:
    """They add to the same minutes."""
    with closing(SpendFile(path)) as one, closing(SpendFile(path)) as other:
        one.add_and_read({NOW: 0.25}, SINCE)
        assert other.add_and_read({NOW: 0.5}, SINCE) == {NOW: 0.75}
        assert one.add_and_read({}, SINCE) == {NOW: 0.75}


def test_many_programs_may_begin_at_once(path: Path) -> None:
    """None takes another's fresh file for a damaged one, and nothing is lost."""

    def spend(_: int) -> str:
        with closing(SpendFile(path)) as file:
            for _time in range(5):
                file.add_and_read({NOW: 1.0}, SINCE)
            return file.put_aside

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(spend, range(8))) == [""] * 8
    with closing(SpendFile(path)) as file:
        assert file.add_and_read({}, SINCE) == {NOW: 40.0}


def test_what_is_two_days_old_is_forgotten(file: SpendFile) -> None:
    """The file does not grow; a day more than is asked for is kept."""
    file.add_and_read({SINCE - DAY - 1: 1.0, SINCE - DAY: 2.0, SINCE: 4.0}, SINCE)
    assert file.add_and_read({}, 0) == {SINCE - DAY: 2.0, SINCE: 4.0}


def test_what_is_still_to_come_is_told(file: SpendFile) -> None:
    """A clock that was set back must not hide what was spent."""
    assert file.add_and_read({NOW + 9: 1.0}, SINCE) == {NOW + 9: 1.0}


@settings(max_examples=15, deadline=None)
@given(
    saves=st.lists(st.dictionaries(st.integers(SINCE, NOW), st.sampled_from([0.25, 0.5, 2.0]), max_size=4))
)
def test_the_totals_are_the_sums(
    tmp_path_factory: pytest.TempPathFactory, saves: list[dict[int, float]]
) -> None:
    """Whatever is added in whatever portions."""
    sums: dict[int, float] = {}
    with closing(SpendFile(tmp_path_factory.mktemp("sums") / "spend.sqlite3")) as file:
        for unsaved in saves:
            for minute, usd in unsaved.items():
                sums[minute] = sums.get(minute, 0.0) + usd
            assert file.add_and_read(unsaved, SINCE) == sums


def damage_as_text(path: Path) -> None:
    """Somebody's notes under our name."""
    path.write_text("this is no database, and it is long enough to be looked at " * 20, encoding="utf-8")


def damage_half(path: Path) -> None:
    """A disk that lost pages."""
    with closing(SpendFile(path)) as file:
        file.add_and_read({SINCE + number: 1.0 for number in range(DAY)}, SINCE)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def damage_newer(path: Path) -> None:
    """A later version of this program."""
    with closing(SpendFile(path)) as file, closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
        file.close()


def damage_foreign(path: Path) -> None:
    """Another program's database."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE cake (name TEXT)")


def damage_table(path: Path) -> None:
    """Another program's database that happens to have our number."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE cake (name TEXT)")
        database.execute("PRAGMA user_version = 1")


@pytest.mark.parametrize("damage", [damage_as_text, damage_half, damage_newer, damage_foreign, damage_table])
def test_a_file_that_cannot_be_understood_is_put_aside(path: Path, damage: object) -> None:
    """It is never deleted, the reason is told in one line, and a fresh file does its work; every time anew."""
    assert callable(damage)
    path.parent.mkdir()
    for number in (1, 2):
        damage(path)
        before = path.read_bytes()
        with closing(SpendFile(path)) as file:
            assert f"damaged-{number}" in file.put_aside
            assert str(path) in file.put_aside
            assert "\n" not in file.put_aside
            assert file.add_and_read({NOW: 1.0}, SINCE) == {NOW: 1.0}
        assert path.with_name(f"{path.name}.damaged-{number}").read_bytes() == before
        path.unlink()
    assert len([name for name in put_aside_of(path) if name[-1].isdigit()]) == 2


def test_a_file_that_is_damaged_later_is_put_aside_as_well(path: Path) -> None:
    """What could not be saved is told as an error, and can be saved the next time."""
    with closing(SpendFile(path)) as file:
        with closing(sqlite3.connect(path)) as other:
            other.execute("DROP TABLE spending")
        with pytest.raises(SpendFileError, match="no such table"):
            file.add_and_read({NOW: 1.0}, SINCE)
        assert "damaged-1" in file.put_aside
        assert file.add_and_read({NOW: 1.0}, SINCE) == {NOW: 1.0}


def test_an_error_adds_nothing(file: SpendFile) -> None:
    """Not a part of it: it will be saved again as a whole."""
    file.add_and_read({NOW: 1.0}, SINCE)
    with pytest.raises(SpendFileError):
        file.add_and_read({NOW: 1.0, NOW - 1: None}, SINCE)  # type: ignore[dict-item]  # what no column takes
    assert file.add_and_read({}, SINCE) == {NOW: 1.0}
    assert not file.put_aside


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """In one line; it is not the file's fault."""
    (tmp_path / "state").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(SpendFileError) as error:
        SpendFile(tmp_path / "state" / "spend.sqlite3")
    assert "\n" not in str(error.value)


def test_a_closed_file_says_so(file: SpendFile) -> None:
    """And closing it twice is no mistake."""
    file.close()
    file.close()
    with pytest.raises(SpendFileError):
        file.add_and_read({}, SINCE)


def test_the_folder_can_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment; else it is where this system keeps such things."""
    monkeypatch.setenv(STATE_DIR_VARIABLE, str(tmp_path))
    assert spend_path() == tmp_path / "spend.sqlite3"
    monkeypatch.delenv(STATE_DIR_VARIABLE)
    assert spend_path().name == "spend.sqlite3"
    assert "twitchman" in str(spend_path())
