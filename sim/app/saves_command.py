"""`saves`: what there is, a save as JSON, and back."""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from sim.app.going_on import saves_dir, slot_of
from sim.app.options import OutputError, assignments_of
from sim.app.settings import Settings
from sim.app.settings_sources import load_settings
from sim.packing import SaveError
from sim.save_json import export_save, import_save
from sim.slots import slots_in


def saves_command(parsed: argparse.Namespace) -> int:
    """Do it; the exit status. Raises SaveError, OutputError, SettingsError."""
    settings = load_settings(assignments_of(parsed), parsed.config).settings
    if parsed.what == "list":
        return _list(settings)
    slot = slot_of(settings, parsed.slot)
    if parsed.what == "import":
        import_save(parsed.file, slot.next_path())
        print(f"{parsed.file} is now the newest save of {slot.name}: run_world.py --load {slot.name}")
        return 0
    if parsed.file.is_dir() or not parsed.file.absolute().parent.is_dir():
        raise OutputError(f"{parsed.file}: cannot be written there; expected a file in a folder that exists")
    recording, told = slot.newest()
    export_save(recording, parsed.file)
    for one in told:
        print(one)
    print(f"{slot.name}, tick {recording.last}, as {parsed.file}")
    return 0


def _list(settings: Settings) -> int:
    folder = saves_dir(settings)
    table = Table("slot", "world time", "people", "saved", box=None)
    for slot in slots_in(folder):
        try:
            recording, _ = slot.newest()
        except SaveError as error:
            table.add_row(slot.name, str(error))
            continue
        header = recording.header
        seconds = recording.last // 60
        time = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        table.add_row(slot.name, time, str(header.get("npcs", "")), str(header.get("made", "")))
    if not table.row_count:
        print(f"nothing is saved in {folder} yet; run_world.py --save NAME does")
        return 0
    Console().print(table)
    return 0
