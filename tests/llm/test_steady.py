"""Whatever comes and goes, the screen stays calm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llm.steady import MOST_CHANGES, WITHIN_S, Steady


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 30)), max_size=60))
def test_never_more_than_six_changes_in_any_minute(steps: list[tuple[int, float]]) -> None:
    """And what it shows is what it was told last that it took."""
    steady, now_s, changed = Steady(0), 0.0, []
    for word, pause_s in steps:
        now_s += pause_s
        before = steady.shown
        if steady.says(word, now_s):
            changed.append(now_s)
            assert (steady.shown, word) == (word, steady.shown)
        else:
            assert steady.shown == before
    for first, seventh in zip(changed, changed[MOST_CHANGES:], strict=False):
        assert seventh - first >= WITHIN_S


def test_what_nothing_follows_is_shown_all_the_same() -> None:
    """However restless it was before; and the calm returns."""
    steady = Steady("")
    assert [steady.says(str(number), 0.0) for number in range(8)] == [True] * 6 + [False] * 2
    assert steady.says("given up", 0.0, must=True)
    assert not steady.says("given up", 1.0, must=True)
    assert steady.says("back", WITHIN_S)
