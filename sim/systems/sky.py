"""Every hour the weather may change; whoever is outdoors notices."""

from __future__ import annotations

from agents.climate import THOUSAND
from sim.calendar import SEASONS
from sim.inputs import WeatherWanted
from sim.world import World

EVERY: int = 60  # ticks from one call to the next
_MINUTES: int = 60


def sky(world: World) -> None:
    """Once an hour of the calendar, by the season's chances."""
    calendar = world.rules.calendar
    now, before = calendar.at(world.tick), calendar.at(max(world.tick - EVERY, 0))
    if now.minute // _MINUTES == before.minute // _MINUTES and now.day == before.day:
        return
    weather = world.weather
    draw = weather.chance.below(THOUSAND)
    turn_to(world, world.lore.climate.next(SEASONS.index(now.season), weather.now, draw))


def weather_wanted(world: World, wish: WeatherWanted) -> None:
    """Somebody outside wants it so; the next hour goes on from there."""
    turn_to(world, wish.weather)


def turn_to(world: World, weather: int) -> None:
    """It is so from now on."""
    if weather != world.weather.now:
        world.weather.now, world.weather.since = weather, world.tick
