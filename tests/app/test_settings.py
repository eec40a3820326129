from __future__ import annotations

from pathlib import Path

import pytest

from sim.app.settings_sources import SettingsError, described, load_settings


def test_the_stronger_source_wins(tmp_path: Path) -> None:
    """`--set` over environment over `--config` over the working folder's file over defaults."""
    (tmp_path / "twitchman.toml").write_text(
        "[world]\nnpcs = 2\nday_length = 100\nseed = 1\nstart_time = '06:00'\n"
    )
    config = tmp_path / "c.toml"
    config.write_text("[world]\nnpcs = 3\nday_length = 200\nseed = 2\n")
    environment = {"TWITCHMAN_WORLD__NPCS": "4", "TWITCHMAN_WORLD__DAY_LENGTH": "300", "PATH": "x"}
    loaded = load_settings(["world.npcs=5"], config, environment, tmp_path)
    world = loaded.settings.world
    assert (world.npcs, world.day_length, world.seed, world.start_time) == (5, 300, 2, "06:00")
    assert world.days_per_season == 7
    origins = {key: origin for key, _, origin in described(loaded)}
    assert origins["world.npcs"] == "--set world.npcs"
    assert origins["world.day_length"] == "environment variable TWITCHMAN_WORLD__DAY_LENGTH"
    assert origins["world.seed"] == f"{config}, line 4"
    assert origins["world.days_per_season"] == "default"


@pytest.mark.fault(55)
@pytest.mark.parametrize(
    ("assignments", "environment", "says"),
    [
        (["world.npc=3"], {}, ["--set world.npc", "unknown key world.npc", "did you mean world.npcs?"]),
        (["llm.local.url=x"], {}, ["unknown key llm.local.url", "did you mean llm.local."]),
        (["world.npcs=many"], {}, ["world.npcs", "integer", "'many'"]),
        (["world.npcs=1"], {}, ["world.npcs", "greater than or equal to 2"]),
        (["world=3"], {}, ["world"]),
        (["nonsense"], {}, ["expected key.path=value"]),
        (["world.start_time=25:00"], {}, ["world.start_time", "HH:MM"]),
        (["conversation.min_lines=30"], {}, ["conversation", "must not exceed"]),
        (["publish.moderation=http://m/v1"], {}, ["publish.moderation needs publish.mode=sentence"]),
        (
            [],
            {"TWITCHMAN_LLM__TIMEOUTS__LOCAL": "-1"},
            ["TWITCHMAN_LLM__TIMEOUTS__LOCAL", "llm.timeouts.local"],
        ),
        ([], {"TWITCHMAN_LLM__TIMEOUT__LOCAL": "1"}, ["llm.timeouts.local?"]),
    ],
)
def test_a_mistake_is_one_line_that_names_place_and_key(
    assignments: list[str], environment: dict[str, str], says: list[str], tmp_path: Path
) -> None:
    """Where it stands, which key, what was expected, and the nearest right one."""
    with pytest.raises(SettingsError) as caught:
        load_settings(assignments, None, environment, tmp_path)
    line = str(caught.value)
    assert "\n" not in line
    for part in says:
        assert part in line


@pytest.mark.fault(55)
def test_a_mistake_in_a_file_names_its_line(tmp_path: Path) -> None:
    """File and line, for an unknown key, a wrong value and broken TOML."""
    config = tmp_path / "my.toml"
    for text, says in (
        ("[world]\nnpcs = 3\n\n[llm.streaming]\nchunksize = 4\n", ("line 5", "llm.streaming.chunk_size?")),
        ("[world]\nnpcs = 'x'\n", ("line 2", "world.npcs")),
        ("[world\n", ("my.toml", "not TOML", "line 1")),
    ):
        config.write_text(text)
        with pytest.raises(SettingsError) as caught:
            load_settings((), config, {}, tmp_path)
        assert all(part in str(caught.value) for part in says), str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """No traceback for a file that is not there."""
    with pytest.raises(SettingsError, match=r"gone\.toml"):
        load_settings((), tmp_path / "gone.toml", {}, tmp_path)


def test_a_secret_is_never_shown(tmp_path: Path) -> None:
    """Neither in the list of settings nor in an error about it, whatever way it came in."""
    canary = "canary-7731"
    for assignments, environment in (
        ([f"llm.local.api_key={canary}"], {}),
        ([], {"TWITCHMAN_LLM__LOCAL__API_KEY": canary}),
    ):
        loaded = load_settings(assignments, None, environment, tmp_path)
        assert canary not in str(described(loaded))
        assert canary not in repr(loaded)
    with pytest.raises(SettingsError) as caught:
        load_settings([f"llm.local.api_key=['{canary}']"], None, {}, tmp_path)
    assert canary not in str(caught.value)


def test_a_key_made_of_digits_is_text(tmp_path: Path) -> None:
    """A bearer token may be a number; the model id may be one too."""
    loaded = load_settings(["llm.local.api_key=12345", "llm.local.model=7"], None, {}, tmp_path)
    assert loaded.settings.llm.local.model == "7"
    key = loaded.settings.llm.local.api_key
    assert key is not None
    assert key.get_secret_value() == "12345"
