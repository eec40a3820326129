"""Two hundred lives of a town whose models are unlucky: `make simulate SEEDS=10000` has more of them."""

from __future__ import annotations

import os
from typing import Final

import pytest

from llm.attempt import Clocks
from llm.bridge import Bridge
from llm.budget import Budget, Reservation
from tests.simulation import town
from tests.simulation.town import BrokenError, Simulation
from tests.support.model_requests import OpenGate

FIRST: Final = 1
QUICK: Final = 200
_A_TEST: Final = 10  # seeds
_SECONDS: Final = 20.0


def seeds() -> range:
    """Those asked for: `SIMULATED_SEEDS=5000`, or `SIMULATED_SEEDS=4711-4711` for one of them."""
    first, dash, last = os.environ.get("SIMULATED_SEEDS", "").partition("-")
    if dash:
        return range(int(first), int(last) + 1)
    return range(FIRST, FIRST + int(first or QUICK))


def in_tens(all_seeds: range) -> list[range]:
    """So that tests share them out."""
    return [all_seeds[at : at + _A_TEST] for at in range(0, len(all_seeds), _A_TEST)]


@pytest.mark.slow
@pytest.mark.parametrize("some", in_tens(seeds()), ids=lambda some: f"{some.start}-{some.stop - 1}")
def test_whatever_goes_wrong_every_promise_holds(some: range) -> None:
    """Each line begins in time and ends once, with nothing but speech; nobody waits, nothing is left, no cap is passed."""
    for seed in some:
        Simulation(seed, _SECONDS).run()


@pytest.mark.slow
def test_a_seed_lives_the_same_life_again() -> None:
    """To the word and the millisecond; so a seed that fails can be looked at."""
    one, again = Simulation(4, _SECONDS).run(), Simulation(4, _SECONDS).run()
    assert one.digest == again.digest
    assert len(one.door.lines) >= 5
    assert one.server.unlucky > 0


PATIENT: Final = Clocks(60.0, 60.0, 60.0)
WITHOUT: Final = {
    "clocks": (
        "silent|still waits|no end",
        ((Clocks, "of", lambda *_: PATIENT), (Bridge, "_miss_deadlines", lambda _self: None)),
    ),
    "gate": ("should not have been shown", ((town, "real_gate", OpenGate),)),
    "purse": ("dollars|aside", ((Budget, "reserve", lambda self, _usd: Reservation(self, 0.004)),)),
}


def _live_until_something_breaks() -> None:
    for seed in range(1, 60):
        Simulation(seed, _SECONDS).run()


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT)
def test_a_promise_that_is_not_kept_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """With one thing taken out, some seed finds it, and says which it is."""
    told, changes = WITHOUT[name]
    for owner, what, does in changes:
        monkeypatch.setattr(owner, what, does)
    with pytest.raises(BrokenError, match=f"^seed \\d+: .*({told})"):
        _live_until_something_breaks()
