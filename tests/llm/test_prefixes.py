from __future__ import annotations

from llm.prefixes import Prefixes


def test_what_a_slot_has_read_costs_nothing() -> None:
    """The same prompt again is free; what was added to it is not; another slot has read nothing."""
    prefixes = Prefixes()
    prefixes.has_read(1, "x" * 400, took_s=1.0)
    assert prefixes.reading_s(1, "x" * 400) == 0
    added = prefixes.reading_s(1, "x" * 400 + "y" * 100)
    assert 0 < added < prefixes.reading_s(2, "x" * 400 + "y" * 100)


def test_a_prompt_that_parts_early_is_read_from_there() -> None:
    """Only what begins with the same characters is kept."""
    prefixes = Prefixes()
    prefixes.has_read(1, "rules, Mira, yesterday" * 10, took_s=1.0)
    assert prefixes.reading_s(1, "rules, Tomas, today" * 10) > 0.9 * prefixes.reading_s(
        2, "rules, Tomas, today" * 10
    )


def test_the_rate_is_learned_from_long_readings_only() -> None:
    """A slow machine is believed after a few prompts; a short reading says nothing."""
    prefixes = Prefixes()
    before = prefixes.reading_s(9, "z" * 1000)
    prefixes.has_read(1, "short", took_s=5.0)
    assert prefixes.reading_s(9, "z" * 1000) == before
    for slot in range(8):
        prefixes.has_read(slot, "x" * 1000, took_s=10.0)
    assert prefixes.reading_s(9, "z" * 1000) > 3 * before


def test_what_was_waited_for_in_vain_teaches_slowness_and_counts_as_partly_read() -> None:
    """The next prompt is judged by it, and the same one is nearer to its first word."""
    prefixes = Prefixes()
    before = prefixes.reading_s(1, "z" * 1000)
    prefixes.gave_up(1, "z" * 1000, took_s=1.5)
    assert prefixes.reading_s(1, "z" * 1000) < before
    for _ in range(5):
        prefixes.gave_up(2, "y" * 400, took_s=8.0)
        prefixes.has_read(2, "", took_s=0.0)
    assert prefixes.reading_s(3, "z" * 1000) > before
