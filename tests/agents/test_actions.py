from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from agents.actions import (
    GOODS,
    GRADES_WITH_REASONS,
    Action,
    ActionError,
    ActionTable,
    Grade,
    Where,
    load_actions,
)
from agents.needs import load_needs
from agents.persona import PUBLIC_IDS, WORK_IDS
from agents.planner import Kind
from sim.app.settings import ASSETS

_FILE = ASSETS / "world" / "actions.toml"
_EMPLOYERS = (*WORK_IDS, "tavern", "market")


@cache
def _needs() -> tuple[str, ...]:
    return load_needs(ASSETS / "world" / "needs.toml").names


@cache
def _table() -> ActionTable:
    return load_actions(_FILE, _needs())


@pytest.mark.parametrize("need", _needs())
def test_every_need_can_be_met_in_several_ways(need: str) -> None:
    """Whatever somebody wants for, at least three kinds of things to do give it."""
    kinds = {action.kind for action in _table().actions if action.needs.get(need, 0) > 0}
    assert len(kinds) >= 3


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_of_slot_can_be_filled(kind: Kind) -> None:
    """A plan never asks for something that only one action could answer."""
    assert np.count_nonzero(_table().kind == kind) >= 2


def _is_always_possible(action: Action) -> bool:
    asks = (
        action.uses,
        action.buys,
        action.price,
        action.gift,
        action.weathers,
        action.seasons,
        action.skilled,
    )
    return action.place is Where.HOME and action.hours == (0, 24) and not any(asks)


def test_nobody_can_starve() -> None:
    """There is a meal at home at any hour that takes neither pennies nor goods."""
    assert any(action.kind == "meal" and _is_always_possible(action) for action in _table().actions)


def test_the_first_action_can_always_be_done() -> None:
    """It is what somebody does for whom nothing else is possible."""
    first = _table().actions[0]
    assert _is_always_possible(first)
    assert first.rest == 0


@pytest.mark.parametrize("employer", _EMPLOYERS)
def test_who_is_employed_has_a_trade(employer: str) -> None:
    """Every place where people are employed has work of its own, which pays or teaches."""
    own = [action for action in _table().actions if employer in action.workplaces]
    assert own
    assert all(action.kind == "work" and action.place is Where.WORK for action in own)
    assert any(action.wage for action in own)


def test_what_is_used_up_is_made_somewhere() -> None:
    """No good only ever dwindles, and none is made that nobody uses."""
    table = _table()
    used, made = table.uses.sum(axis=0) > 0, table.makes.sum(axis=0) > 0
    assert dict(zip(GOODS, used.tolist(), strict=True)) == dict(zip(GOODS, made.tolist(), strict=True))
    assert used.all()


def test_what_is_sold_is_sold_where_people_go() -> None:
    """What one pays for, or buys, is done at a place with a till."""
    for action in _table().actions:
        if action.price or action.buys:
            assert isinstance(action.place, tuple)
            assert set(action.place) <= {*WORK_IDS, *PUBLIC_IDS}
            assert action.price


def test_life_can_be_paid_for() -> None:
    """A wage is 6 to 20 pennies, and nothing costs more than two of the smallest."""
    table = _table()
    wages = table.wage[table.wage > 0]
    assert wages.min() >= 6
    assert wages.max() <= 20
    assert (table.price + table.gift).max() <= 2 * wages.min()


def test_every_outcome_but_the_usual_has_its_reasons() -> None:
    """At least three for each grade, said nowhere else in the file, going on after "because"."""
    given = [
        reason
        for action in _table().actions
        for grade in GRADES_WITH_REASONS
        for reason in getattr(action.reasons, grade.name.lower())
    ]
    counts = _table().reasons_given[:, list(GRADES_WITH_REASONS)]
    assert counts.min() >= 3
    assert len(given) == len(set(given)) == counts.sum()
    assert not [reason for reason in given if reason.endswith(".") or reason.startswith("because")]


def test_a_reason_is_found_for_any_draw() -> None:
    """Draws go round the reasons, and the usual has none."""
    table = _table()
    failures = table.actions[2].reasons.failure
    assert [table.reason(2, Grade.FAILURE, draw) for draw in range(4)] == [*failures, failures[0]]
    assert table.reason(2, Grade.AVERAGE, 0) == ""
    assert table.reason(2, Grade.FAILURE, -1) == ""


def test_the_arrays_say_what_the_file_says() -> None:
    """One row an action, in its order; hours may run past midnight."""
    table = _table()
    watch = table.index["night_watch"]
    assert table.hours[watch].nonzero()[0].tolist() == [0, 1, 2, 3, 4, 5, 20, 21, 22, 23]
    assert table.needs[watch, _needs().index("security")] == table.actions[watch].needs["security"]
    assert table.at_shelf[watch]
    assert table.at_shelf[table.index["eat_out"]]
    assert not table.at_shelf[table.index["eat_bread"]]
    assert table.skilled[table.index["teach_class"]] > 0


def _written(folder: Path, change: Callable[[str], str]) -> Path:
    path = folder / "actions.toml"
    path.write_text(change(_FILE.read_text(encoding="utf-8")), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "needs = { rest = 90",
            "needs = { restt = 90",
            r"action\[0\]\.needs: there is no need 'restt'; .*'rest'",
        ),
        ('id = "nap"', 'id = "sleep"', r"action\[1\]\.id: 'sleep' is there twice"),
        ("minutes = [60, 120]", "minutes = [120, 60]", r"action\[0\]\.minutes: expected the least first"),
        ("rest = 420", "resst = 420", r"action\[1\]\.resst: unknown key; the nearest right one is 'rest'"),
        ("bread = 1", "bred = 1", r"uses.*bread"),
        ('kind = "wash"', 'kind = "wahs"', r"kind: 'wahs' is none of .*'wash'"),
        ("[[action]]", "[[action", "line"),
    ],
)
def test_a_mistake_is_told_in_one_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    """The file, the key and what would have been right."""
    path = _written(tmp_path, lambda text: text.replace(old, new, 1))
    with pytest.raises(ActionError, match=said) as caught:
        load_actions(path, _needs())
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
