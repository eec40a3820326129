from __future__ import annotations

from pathlib import Path

import pytest

from agents.mods import ModError, assets_with
from agents.persona import PersonaError, load_personas
from agents.persona_file import persona_text
from agents.templates import TemplateBook, TemplateError
from sim.app.build import gather
from sim.app.settings import ASSETS, Settings, assets_of
from tests.support.card_files import EVERYBODY

AGNES = EVERYBODY[0]


def write(path: Path, text: str = "x = 1") -> Path:
    """A file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_the_last_mod_that_has_a_file_counts(tmp_path: Path) -> None:
    """In the alphabet's order; what no mod has is the bundled one."""
    base, mods = tmp_path / "assets", tmp_path / "mods"
    for name in ("world/needs.toml", "world/carts.toml"):
        write(base / name)
    first, last = (write(mods / mod / "world/needs.toml") for mod in ("alpha", "beta"))
    assert assets_with(base, mods).find("world/needs.toml") == last
    assert assets_with(base, mods, ["alpha"]).find("world/needs.toml") == first
    assert assets_with(base, mods, ["beta", "alpha"]).find("world/needs.toml") == last
    assert assets_with(base, mods, []).find("world/needs.toml") == base / "world/needs.toml"
    assert assets_with(base, mods).find("world/carts.toml") == base / "world/carts.toml"
    assert list(assets_with(base, mods).overlaid()) == [
        ("alpha", "world/needs.toml"),
        ("beta", "world/needs.toml"),
    ]


def test_a_mod_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With the nearest right one; and no folder of mods at all is no mistake."""
    (tmp_path / "alpha").mkdir()
    with pytest.raises(ModError, match="'alpha'"):
        assets_with(ASSETS, tmp_path, ["alfa"])
    with pytest.raises(ModError, match=r"no such mod$"):
        assets_with(ASSETS, tmp_path / "none", ["alfa"])
    assert assets_with(ASSETS, tmp_path / "none").folders("personas") == (ASSETS / "personas",)


def test_a_mods_person_takes_the_place_of_the_bundled_one(tmp_path: Path) -> None:
    """Files merge by id: one is another, the other twenty-four stay; a run reads them so."""
    older = AGNES.model_copy(update={"age": 99})
    write(tmp_path / "old" / "personas" / "agnes.toml", persona_text(older))
    settings = Settings.model_validate({"mods": {"folder": tmp_path}})
    people = load_personas(*assets_of(settings).folders("personas"))
    assert people == (older, *EVERYBODY[1:])
    assert gather(settings, 7).roster.persona(0) == older
    without = Settings.model_validate({"mods": {"folder": tmp_path, "enabled": []}})
    assert gather(without, 7).roster.persona(0) == AGNES


def test_what_is_wrong_in_a_mod_is_told_with_the_mods_own_file(tmp_path: Path) -> None:
    """People and lines are checked as if they were bundled."""
    wrong = write(tmp_path / "x" / "personas" / "agnes.toml", persona_text(EVERYBODY[1]))
    lines = write(tmp_path / "x" / "templates" / "any.toml", "topic = 1")
    assets = assets_with(ASSETS, tmp_path)
    with pytest.raises(PersonaError, match=str(wrong)):
        load_personas(*assets.folders("personas"))
    with pytest.raises(TemplateError, match=str(lines)):
        TemplateBook.load(*assets.folders("templates"))
