from __future__ import annotations

from dataclasses import replace

from llm.scheduler import Dropped, Job, Scheduler
from llm.types import Kind, Priority, Why
from tests.support.model_requests import ask


def job(
    number: int,
    npc: int | None = None,
    *,
    priority: Priority = Priority.VISIBLE,
    at_s: float = 0.0,
    kind: Kind = Kind.LINE,
) -> Job:
    """A question asked at some second, to be answered within two."""
    npc = number if npc is None else npc
    return Job(ask(number, npc, priority=priority, kind=kind), at_s, at_s + 2.0)


def taken(scheduler: Scheduler, now_s: float = 0.0, slots: int = 99) -> list[int]:
    """The numbers of all that can be asked now."""
    found = []
    while (one := scheduler.take(now_s, slots)) is not None:
        found.append(int(one.id))
    return found


def test_the_spotlight_is_served_first() -> None:
    """Then who is visible, then who is not; among equals, who came first."""
    scheduler = Scheduler()
    for one in (
        job(1, priority=Priority.OFF_SCREEN),
        job(2),
        job(3, at_s=0.01),
        job(4, priority=Priority.SPOTLIGHT, at_s=0.02),
    ):
        assert scheduler.submit(one) == []
    assert scheduler.waiting == 4
    assert taken(scheduler, 0.02) == [4, 2, 3, 1]
    assert scheduler.running == 4


def test_who_waits_rises() -> None:
    """Nobody starves behind newer questions of a better class."""
    scheduler = Scheduler()
    scheduler.submit(job(1, priority=Priority.OFF_SCREEN, at_s=0.0))
    scheduler.submit(job(2, priority=Priority.VISIBLE, at_s=1.5))
    assert taken(scheduler, 1.5) == [1, 2]


def test_no_more_in_flight_than_slots() -> None:
    """A slot is free again when its question is done."""
    scheduler = Scheduler()
    scheduler.submit(job(1))
    scheduler.submit(job(2))
    assert taken(scheduler, slots=1) == [1]
    scheduler.done(job(1).id)
    assert taken(scheduler, slots=1) == [2]


def test_the_last_of_several_slots_is_kept_for_the_spotlight() -> None:
    """Background talk never fills the house; once the spotlight speaks, the rest is free."""
    scheduler = Scheduler()
    for number in (1, 2, 3):
        scheduler.submit(job(number))
    assert taken(scheduler, slots=2) == [1]
    scheduler.submit(job(4, priority=Priority.SPOTLIGHT))
    assert taken(scheduler, slots=3) == [4, 2]


def test_the_newest_question_of_an_npc_wins() -> None:
    """The older is given back, whether it waits or is in flight, and two never run at once."""
    scheduler = Scheduler()
    scheduler.submit(job(1, npc=7))
    assert scheduler.submit(job(2, npc=7)) == [Dropped(job(1, npc=7), Why.SUPERSEDED)]
    assert taken(scheduler) == [2]
    assert scheduler.submit(job(3, npc=7)) == [Dropped(job(2, npc=7), Why.SUPERSEDED, was_running=True)]
    assert taken(scheduler) == []
    scheduler.done(job(2).id)
    assert taken(scheduler) == [3]


def test_a_question_expires_when_no_answer_can_be_in_time() -> None:
    """What is left of the silence deadline must hold at least a first word."""
    scheduler = Scheduler()
    scheduler.submit(job(1, at_s=0.0))
    scheduler.submit(job(2, at_s=1.0))
    assert scheduler.expire(1.4, lambda _: 0.5) == []
    assert scheduler.expire(1.6, lambda _: 0.5) == [Dropped(job(1, at_s=0.0), Why.EXPIRED)]
    assert scheduler.waiting == 1


def test_the_queue_is_bounded() -> None:
    """When it is full the least urgent question is given back, be it the newest."""
    scheduler = Scheduler(capacity=2)
    scheduler.submit(job(1, priority=Priority.OFF_SCREEN))
    scheduler.submit(job(2))
    assert [one.job.id for one in scheduler.submit(job(3))] == [1]
    assert [one.job.id for one in scheduler.submit(job(4, priority=Priority.OFF_SCREEN))] == [4]
    assert scheduler.waiting == 2


def test_a_warm_up_never_stands_in_the_way() -> None:
    """It is asked last, makes room when a line waits for its slot, and gives way to its own NPC's line."""
    scheduler = Scheduler()
    warm = job(1, kind=Kind.WARM)
    scheduler.submit(warm)
    assert scheduler.waiting == 0
    assert taken(scheduler, slots=1) == [1]
    assert scheduler.warm_ups_in_the_way(1) == []
    scheduler.submit(job(2))
    assert scheduler.warm_ups_in_the_way(1) == [1]
    assert scheduler.warm_ups_in_the_way(2) == []
    assert scheduler.submit(job(3, npc=1)) == [Dropped(warm, Why.SUPERSEDED, was_running=True)]


def test_a_warm_up_is_asked_after_every_line() -> None:
    """However long it has waited."""
    scheduler = Scheduler()
    scheduler.submit(job(1, kind=Kind.WARM))
    scheduler.submit(job(2, priority=Priority.OFF_SCREEN, at_s=9.0))
    assert taken(scheduler, 9.0) == [2, 1]


def test_a_warm_up_for_somebody_who_speaks_is_not_wanted() -> None:
    """The line itself reads the prompt."""
    scheduler = Scheduler()
    scheduler.submit(job(1, npc=7))
    assert [one.why for one in scheduler.submit(job(2, npc=7, kind=Kind.WARM))] == [Why.SUPERSEDED]
    assert taken(scheduler) == [1]


def test_a_cancelled_question_is_forgotten() -> None:
    """One in flight is reported, for who runs it has to stop it."""
    scheduler = Scheduler()
    scheduler.submit(job(1))
    scheduler.submit(job(2))
    assert not scheduler.cancel(job(1).id)
    assert taken(scheduler) == [2]
    assert scheduler.cancel(job(2).id)


def test_one_that_waits_can_be_withdrawn() -> None:
    """Once, and only while it waits."""
    scheduler = Scheduler()
    scheduler.submit(job(1))
    withdrawn = scheduler.withdraw(job(1).id)
    assert withdrawn is not None
    assert withdrawn.id == 1
    assert scheduler.withdraw(job(1).id) is None
    assert scheduler.take(0.0, 1) is None


def test_all_that_waits_can_be_given_back() -> None:
    """When there is nobody left to ask."""
    scheduler = Scheduler()
    scheduler.submit(job(1))
    scheduler.submit(job(2))
    assert [one.id for one in scheduler.withdraw_all()] == [1, 2]
    assert scheduler.waiting == 0


def test_a_question_that_pauses_is_not_asked_before_its_time() -> None:
    """And keeps nobody else from being asked."""
    scheduler = Scheduler()
    scheduler.submit(replace(job(1), not_before_s=5.0))
    scheduler.submit(job(2, npc=2))
    assert [one.id for one in (scheduler.take(4.0, 2),) if one] == [2]
    later = scheduler.take(5.0, 2)
    assert later is None or later.id == 1


def test_a_talk_is_read_before_a_town() -> None:
    """However long the personas of a whole town have waited, the next speaker's prompt goes first."""
    scheduler = Scheduler()
    for npc in range(5):
        scheduler.submit(job(npc + 1, npc=npc, kind=Kind.WARM, priority=Priority.OFF_SCREEN))
    scheduler.submit(job(99, npc=99, kind=Kind.WARM, priority=Priority.VISIBLE, at_s=30.0))
    first = scheduler.take(31.0, slots=1)
    assert first is not None
    assert first.id == 99


def test_a_thought_and_a_line_of_one_person_do_not_meet() -> None:
    """Neither ends the other, they may run at once, and two thoughts of one person are two."""
    scheduler = Scheduler()
    thought = job(1, npc=7, priority=Priority.OFF_SCREEN, kind=Kind.SUMMARY)
    assert scheduler.submit(thought) == []
    assert scheduler.submit(job(2, npc=7)) == []
    assert scheduler.submit(job(3, npc=7, priority=Priority.OFF_SCREEN, kind=Kind.REFLECTION)) == []
    assert taken(scheduler) == [2, 1, 3]
    assert scheduler.submit(job(4, npc=7)) == [Dropped(job(2, npc=7), Why.SUPERSEDED, was_running=True)]


def test_a_thought_does_not_rise() -> None:
    """However long it has waited, what is spoken comes first; it still comes before what nobody waits for."""
    scheduler = Scheduler()
    scheduler.submit(job(1, priority=Priority.OFF_SCREEN, kind=Kind.SUMMARY))
    scheduler.submit(job(2, kind=Kind.WARM))
    scheduler.submit(job(3, at_s=9.0))
    assert taken(scheduler, 9.0) == [3, 1, 2]


def test_a_warm_up_makes_no_room_for_a_thought() -> None:
    """It is for a line that is about to be spoken."""
    scheduler = Scheduler()
    scheduler.submit(job(1, kind=Kind.WARM))
    assert taken(scheduler, slots=1) == [1]
    scheduler.submit(job(2, priority=Priority.OFF_SCREEN, kind=Kind.SUMMARY))
    assert scheduler.warm_ups_in_the_way(1) == []
