"""Money for the cloud: two sliding windows with hard caps. Pure but for the clock handed in; one thread only.

A request's worst case is set aside before it is sent and its cost is booked after it, so what is booked and set
aside never passes a cap by a request that was let through. All calls come from the background loop's thread.

The clock is the wall's, for caps hold across restarts, and it may be set back or forward at any time. What is
booked for a minute that is still to come counts as spent now, in both windows, until the clock has passed it: a
clock set back frees nothing. One set forward is time gone by, and frees what time would have freed, once.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from llm.settings import BudgetSettings

# A window holds the minute it begins in as a whole: 60 minutes are never a second less, at times a minute more.
HOUR_MINUTES: Final = 60
DAY_MINUTES: Final = 24 * 60
_FORECAST_MINUTES: Final = 10
_LOW: Final = 0.8  # of a cap
_MOST_BUCKETS: Final = 2 * DAY_MINUTES  # a day that is past, and as much again for clocks that were ahead


class Ladder(StrEnum):
    """How far the money goes."""

    OPEN = "open"
    LOW = "low"  # 80 % of a cap is spent or set aside: for the spotlight only
    SPENT = "spent"  # all of a cap is


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """The budget at one moment, in US dollars."""

    hour_usd: float  # booked in the last hour
    day_usd: float
    hour_cap_usd: float
    day_cap_usd: float
    reserved_usd: float  # set aside for requests under way
    left_usd: float  # until the nearer cap
    forecast_usd_per_hour: float  # if it goes on as in the last ten minutes
    state: Ladder
    total_usd: float  # booked by this run of the program
    requests: int  # booked by this run


class Reservation:
    """Money set aside for one request: used with `with`, round whatever is awaited.

    Whichever of `settle` and `release` comes first counts, and the other is then without effect. Who leaves the
    `with` without either, cancelled for instance, has spent all of it: nobody knows what the service did.
    """

    __slots__ = ("_budget", "_under_way", "usd")

    def __init__(self, budget: Budget, usd: float) -> None:
        self._budget = budget
        self._under_way = True
        self.usd = usd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *how: object) -> None:
        self.settle(self.usd)

    def settle(self, usd: float) -> None:
        """Book what it cost, be it more than was set aside."""
        checked_usd = _checked(usd)
        if self._close():
            self._budget.book(checked_usd)

    def release(self) -> None:
        """Book nothing: it is certain that nothing was sent."""
        self._close()

    def _close(self) -> bool:
        was_under_way, self._under_way = self._under_way, False
        if was_under_way:
            self._budget.give_back(self)
        return was_under_way


class Budget:
    """What was spent in the last hour and day, by this program and by others that share its file."""

    def __init__(self, settings: BudgetSettings, now_s: Callable[[], float]) -> None:
        self._settings = settings  # read anew each time: a cap may be changed while the program runs
        self._now_s = now_s
        self._began_s = now_s()
        self._booked: dict[int, float] = {}  # by minute; all that counts
        self._unsaved: dict[int, float] = {}  # the part of it that the file has not been given
        self._minute = self._now_minute()
        self._hour_usd = self._day_usd = 0.0  # of `_booked`, as of `_minute`
        self._under_way: set[Reservation] = set()
        self._total_usd = 0.0
        self._requests = 0

    def reserve(self, usd: float) -> Reservation | None:
        """Set money aside; None if it would go over a cap, or nothing is left."""
        checked_usd = _checked(usd)
        left_usd = self._left_usd()
        if left_usd <= 0 or checked_usd > left_usd:
            return None
        reservation = Reservation(self, checked_usd)
        self._under_way.add(reservation)
        return reservation

    @property
    def state(self) -> Ladder:
        """What the money is good for now."""
        shares = list(self._shares())
        if any(used_usd >= cap_usd for used_usd, cap_usd in shares):
            return Ladder.SPENT
        low = any(used_usd >= _LOW * cap_usd for used_usd, cap_usd in shares)
        return Ladder.LOW if low else Ladder.OPEN

    def facts(self) -> BudgetFacts:
        """Everything, for screen and report."""
        left_usd = self._left_usd()
        return BudgetFacts(
            hour_usd=self._hour_usd,
            day_usd=self._day_usd,
            hour_cap_usd=self._settings.usd_per_hour,
            day_cap_usd=self._settings.usd_per_day,
            reserved_usd=self._reserved_usd(),
            left_usd=max(0.0, left_usd),
            forecast_usd_per_hour=self._forecast_usd_per_hour(),
            state=self.state,
            total_usd=self._total_usd,
            requests=self._requests,
        )

    def take_unsaved(self) -> dict[int, float]:
        """What was booked since this was last asked, by minute, to be added to the file."""
        taken, self._unsaved = self._unsaved, {}
        return taken

    def put_back(self, unsaved: Mapping[int, float]) -> None:
        """It could not be saved; it will be taken again."""
        for minute, usd in unsaved.items():
            _add(self._unsaved, minute, usd)

    def learn(self, spent: Mapping[int, float]) -> None:
        """The file's totals by minute, read after all that was taken had been added; other programs' included.

        No minute ever gets cheaper: a file that was lost does not give money back.
        """
        for minute, usd in spent.items():
            known_usd = self._booked.get(minute, 0.0)
            self._booked[minute] = max(known_usd, usd + self._unsaved.get(minute, 0.0))
        self._count()

    def book(self, usd: float) -> None:
        """A request cost so much; only for `Reservation`."""
        self._catch_up()
        for buckets in (self._booked, self._unsaved):
            _add(buckets, self._minute, usd)
        self._hour_usd += usd
        self._day_usd += usd
        self._total_usd += usd
        self._requests += 1

    def give_back(self, reservation: Reservation) -> None:
        """It is no longer under way; only for `Reservation`."""
        self._under_way.discard(reservation)

    def _left_usd(self) -> float:
        return min(cap_usd - used_usd for used_usd, cap_usd in self._shares())

    def _shares(self) -> Iterable[tuple[float, float]]:
        """What is used of each cap, and the cap."""
        self._catch_up()
        reserved_usd = self._reserved_usd()
        yield self._hour_usd + reserved_usd, self._settings.usd_per_hour
        yield self._day_usd + reserved_usd, self._settings.usd_per_day

    def _reserved_usd(self) -> float:
        # Added up anew each time: with none under way it is zero, not nearly zero.
        return math.fsum(reservation.usd for reservation in self._under_way)

    def _forecast_usd_per_hour(self) -> float:
        since = self._minute - _FORECAST_MINUTES
        recent = {minute: usd for minute, usd in self._booked.items() if minute >= since}
        now_s = self._now_s()
        began_s = min([self._began_s, *(minute * 60.0 for minute in recent)])
        seconds = min(max(now_s - began_s, 60.0), now_s - since * 60.0)
        return math.fsum(recent.values()) * 3600.0 / seconds

    def _now_minute(self) -> int:
        return math.floor(self._now_s() / 60.0)

    def _catch_up(self) -> None:
        minute = self._now_minute()
        if minute != self._minute:
            self._minute = minute
            self._count()

    def _count(self) -> None:
        """Forget what is older than a day, and add up the rest anew."""
        self._minute = self._now_minute()
        self._booked = _kept(self._booked, self._minute - DAY_MINUTES)
        self._unsaved = _kept(self._unsaved, self._minute - DAY_MINUTES)
        self._day_usd = math.fsum(self._booked.values())
        hour = (usd for minute, usd in self._booked.items() if minute >= self._minute - HOUR_MINUTES)
        self._hour_usd = math.fsum(hour)


def _checked(usd: float) -> float:
    if not 0 <= usd < math.inf:
        raise ValueError(f"an amount of money must be 0 or more, not {usd}")
    return usd


def _add(buckets: dict[int, float], minute: int, usd: float) -> None:
    buckets[minute] = buckets.get(minute, 0.0) + usd


def _kept(buckets: Mapping[int, float], since: int) -> dict[int, float]:
    """The buckets that still count, and not without bound: too many of them share the latest minute's."""
    minutes = sorted(minute for minute in buckets if minute >= since)
    kept = {minute: buckets[minute] for minute in minutes[:_MOST_BUCKETS]}
    for minute in minutes[_MOST_BUCKETS:]:
        kept[minutes[-1]] = kept.get(minutes[-1], 0.0) + buckets[minute]
    return kept
