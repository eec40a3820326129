"""`characters import|export|list`: people from character cards and back, for a person at a terminal."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agents.card_persona import card_from_persona, persona_from_card
from agents.cards import Card, CardError, card_picture, card_text, read_card
from agents.mods import Assets
from agents.persona import Persona, load_personas
from agents.persona_file import persona_text
from sim.app.settings import assets_of
from sim.app.settings_sources import load_settings

IMPORTED: Final = "characters"  # the mod that imported people are in
_KEPT: Final = ".card.json"  # beside a person's file, the card they came from


@dataclass(frozen=True, slots=True)
class _People:
    """Everybody whom a run would read, and where their files may lie."""

    folders: tuple[Path, ...]
    everybody: tuple[Persona, ...]

    def called(self, name: str) -> Persona:
        """By id or first name. Raises CardError."""
        for persona in self.everybody:
            if name.lower() in {persona.id, persona.first_name.lower()}:
                return persona
        raise CardError(f"nobody is called {name!r}; `characters list` tells who there is")

    def kept(self, persona: Persona) -> Card | None:
        """The card somebody came from. Raises CardError if it is there and broken."""
        paths = [folder / f"{persona.id}{_KEPT}" for folder in reversed(self.folders)]
        return next((read_card(path) for path in paths if path.is_file()), None)


def characters_command(parsed: argparse.Namespace) -> int:
    """Do it; the exit status. Raises CardError, PersonaError, SettingsError, ModError."""
    settings = load_settings().settings
    assets = assets_of(settings)
    match parsed.what:
        case "import":
            folder = parsed.to or settings.mods.folder / IMPORTED / "personas"
            return _import(parsed.file, folder, parsed.name, _people(assets, folder))
        case "export":
            return _export(parsed, _people(assets))
        case _:
            return _list(_people(assets))


def _people(assets: Assets, *more: Path) -> _People:
    folders = (*assets.folders("personas"), *(folder for folder in more if folder.is_dir()))
    folders = tuple(dict.fromkeys(folders))
    return _People(folders, load_personas(*folders))


def _list(people: _People) -> int:
    for persona in people.everybody:
        card = "from a card" if people.kept(persona) else ""
        print(f"{persona.id:<16} {persona.name}, {persona.occupation:<20} {card}".rstrip())
    return 0


# -- in


def _import(path: Path, folder: Path, name: str, people: _People) -> int:
    card = read_card(path)
    persona = persona_from_card(card, {one.id for one in people.everybody}, name)
    _check_new(persona, people)
    written = folder / f"{persona.id}.toml"
    _write(written, persona_text(persona).encode())
    _write(folder / f"{persona.id}{_KEPT}", card_text(card))
    print(_chosen(persona, written))
    print(f"who is to see everybody: python run_world.py --npcs {len(people.everybody) + 1}")
    if card.commands:
        print(f"not used, as they would instruct the model: {', '.join(card.commands)}")
    return 0


def _check_new(persona: Persona, people: _People) -> None:
    for one in people.everybody:
        if one.first_name == persona.first_name or one.id == persona.id:
            raise CardError(
                f"{one.name} lives here already, and a first name is somebody's own: "
                f"import it with --name 'First Last'"
            )


def _chosen(persona: Persona, written: Path) -> str:
    """What the card could not tell, in one line."""
    home, work = (place.replace("_", " ") for place in (persona.home, persona.workplace or persona.haunt))
    return (
        f"{written}: {persona.name}, {persona.age}, {persona.occupation} ({work}), lives at {home}; "
        "what the card does not tell of age, home, work, hours, traits and looks is made up by the name: edit the file"
    )


# -- out


def _export(parsed: argparse.Namespace, people: _People) -> int:
    target: Path = parsed.to
    persona = people.called(parsed.name)
    kept = people.kept(persona)
    version = parsed.card_version or (3 if kept and kept.version == 3 else 2)
    card = card_from_persona(persona, kept, version)
    match target.suffix.lower():
        case ".png":
            _write(target, card_picture(card, _bytes(parsed.picture) if parsed.picture else None))
        case ".json":
            _write(target, card_text(card))
        case _:
            raise CardError(f"{target}: expected a name that ends with .png or .json")
    print(f"{target}: {persona.name} as a V{version} character card")
    return 0


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CardError(f"{path}: cannot be read: {error.strerror or error}") from None


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise CardError(f"{path}: cannot be written: {error.strerror or error}") from None
