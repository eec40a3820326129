from __future__ import annotations

import json
from pathlib import Path

import pytest

from agents.cards import read_card
from agents.persona import load_personas
from sim.app.main import main
from sim.app.settings import ASSETS
from tests.support.card_files import coded, v2, v3


@pytest.fixture
def mods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of mods, in which a run and these commands look."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TWITCHMAN_MODS__FOLDER", str(tmp_path / "mods"))
    return tmp_path / "mods"


def card(folder: Path, content: dict[str, object]) -> str:
    """A card as a file."""
    path = folder / "wilma.json"
    path.write_bytes(coded(content))
    return str(path)


def test_a_card_becomes_a_file_of_a_person_in_a_mod(
    mods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the card beside it; what was made up and what is not used is told."""
    assert main(["characters", "import", card(tmp_path, v3())]) == 0
    said = capsys.readouterr().out
    folder = mods / "characters" / "personas"
    people = load_personas(ASSETS / "personas", folder)
    assert len(people) == 26
    assert read_card(folder / "wilma.card.json").whole == v3()
    assert "made up by the name" in said
    assert "--npcs 26" in said
    assert "system_prompt, post_history_instructions" in said
    assert main(["characters", "list"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 26
    assert [line.split()[0] for line in listed if line.endswith("from a card")] == ["wilma"]


@pytest.mark.usefixtures("mods")
def test_who_came_by_a_card_leaves_by_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON or a picture, in the version they came in or another; what only others understand is in it still."""
    main(["characters", "import", card(tmp_path, v3())])
    for name, more, version in (("a.json", (), 3), ("a.png", (), 3), ("b.png", ("--card-version", "2"), 2)):
        assert main(["characters", "export", "Wilma", "--to", str(tmp_path / name), *more]) == 0
        back = read_card(tmp_path / name)
        assert back.version == version
        assert back.extensions["somebody/else"] == v2()["data"]["extensions"]["somebody/else"]
        assert back.text("mes_example") == v2()["data"]["mes_example"]
    again = ("--picture", str(tmp_path / "a.png"), "--to", str(tmp_path / "c.png"))
    assert main(["characters", "export", "mira", *again]) == 0
    assert read_card(tmp_path / "c.png").text("name") == "Mira Holt"
    assert json.loads((tmp_path / "a.json").read_bytes())["data"]["unheard_of"] is True


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("import", "none.png"), "none.png: cannot be read"),
        (("export", "nobody", "--to", "x.png"), "nobody is called 'nobody'"),
        (("export", "mira", "--to", "x.gif"), ".png or .json"),
        (("export", "mira", "--to", "x.png", "--picture", "none.png"), "none.png: cannot be read"),
        (("export", "mira", "--to", "wilma.json/x.png"), "cannot be written"),
        (("import", "mira.json"), "Mira Holt lives here already"),
        (("import", "wilma.json", "--name", "wilma"), "name"),
        (("import", "wilma.json", "--to", "wilma.json/x"), "cannot be written"),
    ],
)
@pytest.mark.usefixtures("mods")
def test_a_mistake_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], says: str
) -> None:
    """Exit status 2, and nothing is written."""
    card(tmp_path, v2())
    (tmp_path / "mira.json").write_bytes(coded(v2(name="Mira")))
    assert main(["characters", *words]) == 2
    said = capsys.readouterr().err
    assert says in said
    assert len(said.splitlines()) == 1
    assert not (tmp_path / "mods").exists()


def test_the_doctor_lists_what_lies_over_the_bundled_files(
    mods: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By mod and file."""
    from sim.app.doctor import _mods  # the whole of it opens a window and waits for servers
    from sim.app.settings import Settings

    main(["characters", "import", card(tmp_path, v2())])
    finding = _mods(Settings.model_validate({"mods": {"folder": mods}}))
    assert finding.says == "over the bundled files: characters/personas/wilma.toml"
    assert not _mods(Settings.model_validate({"mods": {"folder": mods, "enabled": ["none"]}})).good
