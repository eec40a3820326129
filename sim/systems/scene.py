"""What two people who meet can truly say of where and when they are: the scene of a talk."""

from __future__ import annotations

from agents.conversation.talk import Conversation
from agents.templates import Scene
from sim.world import World


def describe(world: World, talk: Conversation) -> str:
    """One line, fixed while the talk lasts."""
    first, second = (world.minds[row].persona for row in talk.participants)
    place = world.town.places[int(world.people.goal_place[talk.participants[1]])]
    return scene_line(first, second, place.title, world.moment.period)
