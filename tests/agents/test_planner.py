"""Day plans: the same draws, the same day; hours kept by everybody, nights of watchmen too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from agents.planner import LOT, LOTS, SLOTS, Kind, Plan, Resident, plan_days, slot_now
from agents.traits import TRAITS
from sim.chance import Chance

DAY = (360, 450, 720, 1020, 1080, 1320)  # wake, work, lunch, done, leisure, sleep
NIGHT = (870, 1200, 30, 300, 330, 405)


def residents(count: int, routine: tuple[int, ...] = DAY, **traits: int) -> Resident:
    """So many who are alike."""
    temper = np.full((count, len(TRAITS)), 50, dtype=np.int16)
    for name, value in traits.items():
        temper[:, TRAITS.index(name)] = value
    places = np.ones(count, dtype=np.int32)
    return Resident(
        traits=temper,
        routine=np.tile(np.array(routine, dtype=np.int16), (count, 1)),
        employed=np.ones(count, dtype=np.bool_),
        home=places,
        work=places * 2,
        leisure=np.tile(np.array((3, 4), dtype=np.int32), (count, 1)),
    )


def lots(count: int, seed: int = 1) -> NDArray[np.int64]:
    """Draws of so many people."""
    return Chance(seed).below_each(LOT, count * LOTS).reshape(count, LOTS)


def kind_at(plan: Plan, minute: int) -> list[Kind]:
    """What each means to be at."""
    slot = slot_now(plan.start, minute)
    return [Kind(int(kind)) for kind in plan.kind[np.arange(len(slot)), slot]]


@given(
    st.lists(st.integers(0, LOT - 1), min_size=LOTS, max_size=LOTS),
    st.integers(0, 1439),
    st.sampled_from((DAY, NIGHT)),
)
def test_every_minute_of_any_day_belongs_to_one_slot(
    drawn: list[int], minute: int, routine: tuple[int, ...]
) -> None:
    """Starts are in order and within the day, and whoever looks finds a slot."""
    plan = plan_days(residents(1, routine), np.array([drawn]))
    assert plan.start.shape == plan.kind.shape == plan.place.shape == (1, SLOTS)
    assert (np.diff(plan.start) >= 0).all()
    assert ((plan.start >= 0) & (plan.start < 1440)).all()
    [slot] = slot_now(plan.start, minute).tolist()
    assert 0 <= slot < SLOTS


@pytest.mark.parametrize(
    ("routine", "asleep", "at_work"),
    [(DAY, (0, 100, 1400), (480, 1000)), (NIGHT, (420, 600, 860), (1260, 200))],
)
def test_people_sleep_and_work_in_their_own_hours(
    routine: tuple[int, ...], asleep: tuple[int, ...], at_work: tuple[int, ...]
) -> None:
    """A watchman's day is a day that is turned round."""
    plan = plan_days(residents(50, routine, conscientiousness=100), lots(50))
    for minute in asleep:
        assert set(kind_at(plan, minute)) == {Kind.SLEEP}
    for minute in at_work:
        assert set(kind_at(plan, minute)) <= {Kind.WORK, Kind.ERRAND}


def test_the_conscientious_are_on_time_and_others_are_late() -> None:
    """Minutes late, in the mean over many days."""

    def late(conscientiousness: int) -> float:
        plan = plan_days(residents(300, conscientiousness=conscientiousness), lots(300))
        first_work = np.where(plan.kind == Kind.WORK, plan.start, 2000).min(axis=1)
        return float(first_work.mean()) - DAY[1]

    assert late(100) == 0.0
    assert late(0) > late(50) > late(100)
    assert late(0) == pytest.approx(20, abs=3)


@pytest.mark.parametrize(("trait", "kind"), [("piety", Kind.WORSHIP), ("extraversion", Kind.SOCIAL)])
def test_evenings_are_as_people_are(trait: str, kind: Kind) -> None:
    """The pious go to the chapel, the sociable go and see somebody."""

    def share(value: int) -> float:
        plan = plan_days(residents(400, DAY, **{trait: value}), lots(400))
        return float((plan.kind == kind).any(axis=1).mean())

    assert share(90) > share(10) + 0.3


def test_who_is_not_employed_does_not_work() -> None:
    """Their hours are their own."""
    who = residents(20)
    idle = Resident(who.traits, who.routine, ~who.employed, who.home, who.work, who.leisure)
    assert not (plan_days(idle, lots(20)).kind == Kind.WORK).any()


def test_many_plans_at_once_are_the_same_as_one_by_one() -> None:
    """A crowd is the same sum."""
    who, drawn = residents(40), lots(40)
    together = plan_days(who, drawn)
    for row in range(40):
        alone = plan_days(residents(1), drawn[row : row + 1])
        assert (alone.start[0] == together.start[row]).all()
        assert (alone.kind[0] == together.kind[row]).all()
