"""What a line that is being typed may become: the names of commands, then what may stand in each place after them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

_BRACKETS: Final = "<>[]."
Words = Mapping[str, Callable[[], Sequence[str]]]  # what a place in a usage is called -> what may stand there


def completions(typed: str, usages: Mapping[str, str], words: Words) -> list[str]:
    """Whole lines, sorted, that begin with what was typed."""
    names = sorted(name for name in usages if name.startswith(typed))
    if names:
        return names
    command = max((name for name in usages if typed.startswith(f"{name} ")), key=len, default=None)
    if command is None:
        return []
    before, _, begun = typed.rpartition(" ")
    given = before[len(command) :].split()
    return [
        f"{before} {word}"
        for word in _fitting(usages[command].split(), given, words)
        if word.startswith(begun)
    ]


def _fitting(places: Sequence[str], given: Sequence[str], words: Words) -> list[str]:
    """What may stand next, after the words that are given; the last place of a usage that ends in dots is repeated."""
    if given and given[-1].startswith("--"):
        flag = next((at for at, place in enumerate(places) if place.strip(_BRACKETS) == given[-1]), None)
        return [] if flag is None or flag + 1 == len(places) else _standing(places[flag + 1], words)
    plain = [place for place in places if not _belongs_to_flag(place, places)]
    if not plain:
        return []
    repeated = plain[-1].strip("<>[]").endswith("...")
    at = min(len(given), len(plain) - 1) if repeated else len(given)
    return _standing(plain[at], words) if at < len(plain) else []


def _belongs_to_flag(place: str, places: Sequence[str]) -> bool:
    at = places.index(place)
    return "--" in place or (at > 0 and "--" in places[at - 1])


def _standing(place: str, words: Words) -> list[str]:
    """The words for one place: alternatives that the usage tells itself, or those that the program knows."""
    bare = place.strip(_BRACKETS)
    known = words.get(bare) or words.get(bare.lower())
    return sorted(bare.split("|")) if "|" in bare else sorted(known()) if known else []
