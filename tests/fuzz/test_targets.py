"""Each target of the fuzzer, with what Hypothesis makes of its seeds: they are run with all other tests, so they cannot rot."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.seeds import SEEDS
from tests.fuzz.targets import TARGETS


def test_every_target_has_seeds() -> None:
    """And every seed a target."""
    assert list(TARGETS) == list(SEEDS)


@pytest.mark.parametrize("name", TARGETS)
def test_its_seeds_are_taken(name: str) -> None:
    """As they are."""
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_anything_is_read_or_refused_in_one_line(name: str, data: st.DataObject) -> None:
    """A seed with bytes changed, cut out or put in; or anything at all."""
    seed = data.draw(st.sampled_from([*SEEDS[name], b""]))
    at = data.draw(st.integers(0, len(seed)))
    gone = data.draw(st.integers(0, 8))
    TARGETS[name](seed[:at] + data.draw(st.binary(max_size=40)) + seed[at + gone :])
