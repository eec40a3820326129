"""The window: draws snapshots, polls keys and mouse, and knows no system. The one place that opens SDL."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pygame

from sim.governor import Shed
from sim.hud import HudFacts
from sim.snapshot import Snapshot
from sim.view import hands
from sim.view.bubbles import Bubbles
from sim.view.camera import Camera
from sim.view.console_overlay import ConsoleOverlay
from sim.view.day_light import through, tint_at
from sim.view.display import TITLE, interface_scale, open_display
from sim.view.doors import Doors
from sim.view.furniture import Furniture
from sim.view.ground import Ground
from sim.view.hud import Hud
from sim.view.inspector import Inspector
from sim.view.keys import Action, action_of, held_pans
from sim.view.labels import Labels
from sim.view.lamp_light import LampLight
from sim.view.lookout import Lookout
from sim.view.people import People
from sim.view.picture_file import PictureSaver
from sim.view.settings import ViewSettings
from sim.view.sprites import load_sprites
from sim.view.stage import Stage
from sim.view.ui import BEYOND, load_ui
from sim.view.weather import WeatherLayer, dimmed_by
from sim.view.wishes import wish_of
from sim.view_protocol import Control, Follow, Quit, StartTalk

_PAN_PX_A_SECOND: Final = 700.0
_TELL_TICKS: Final = 30
_CLICK_PX: Final = 5  # a press that moved less is a click, not a drag


class Drawn(NamedTuple):
    """What the last frame showed, and how much of the text so far the font had to draw: for those who measure."""

    people: int
    bubbles: int
    letters: int  # put down since the window was opened
    rendered: int  # of them by the font


def open_view(
    stage: Stage,
    settings: ViewSettings,
    facts: Callable[[], HudFacts],
    now_ns: Callable[[], int] = time.perf_counter_ns,
) -> PygameView:
    """The window with everything in it. Raises ViewError."""
    return PygameView(open_display(settings), stage, settings, facts, now_ns)


class PygameView:
    """`sim.view_protocol.View` on a screen."""

    def __init__(
        self,
        screen: pygame.Surface,
        stage: Stage,
        settings: ViewSettings,
        facts: Callable[[], HudFacts],
        now_ns: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self._screen = screen
        self._town = stage.town
        self._who = stage.who
        self._facts = facts
        self._seed, self._tick = stage.seed, 0
        self._now_ns = now_ns
        self._ui = load_ui(interface_scale(settings.ui_scale))
        self._ground = Ground(stage.town)
        self._people = People(load_sprites(stage.assets), stage.who, Furniture(stage.town))
        pygame.display.set_icon(self._people.face(0))
        self._bubbles = Bubbles(stage.bubbles, self._ui, settings.text_speed)
        self._hud = Hud(self._ui)
        self._hud.help = stage.help_first
        self._console = ConsoleOverlay(self._ui, stage.console)
        self._inspector = Inspector(self._ui, stage.inspect, self._people.portrait)
        self._doors = Doors(stage.town)
        self._light = LampLight(stage.town, self._ground)
        self._weather = WeatherLayer(stage.town)
        self._labels = Labels(self._ui, self._people, stage.who)
        camera = Camera.over(self._ground.size, screen.get_size(), settings.zoom, self._ground.district)
        self._lookout = Lookout(camera, directed=settings.auto_camera)
        self._told: int | None = None  # whom the world believes that we follow
        self._names = False
        self._pressed_at: tuple[int, int] | None = None
        self._last_s = now_ns() / 1e9
        self._paused, self._speed = False, 1.0
        self._fullscreen, self._windowed = settings.fullscreen, (settings.width, settings.height)
        self._saver = PictureSaver()

    # -- what the person does

    def poll(self) -> list[Control]:
        """Everything since the last frame."""
        controls: list[Control] = []
        for event in pygame.event.get():
            if self._console.handle(event):
                continue
            if event.type == pygame.QUIT:
                controls.append(Quit())
            elif event.type == pygame.KEYDOWN:
                controls += self._press(event.key, event.mod)
            elif event.type == pygame.VIDEORESIZE:
                self._screen = pygame.display.get_surface() or self._screen
                self._lookout.resize(self._screen.get_size())
            else:
                controls += self._mouse(event)
        return controls + self._turn_spotlight()

    def _turn_spotlight(self) -> list[Control]:
        """Tell whom the camera follows, when that has changed."""
        followed = self._lookout.followed
        if followed == self._told:
            return []
        self._told = followed
        return [Follow(followed)]

    def _press(self, key: int, modifiers: int) -> list[Control]:
        action = action_of(key, modifiers)
        wish = wish_of(action, self._paused, self._speed, self._now_ns() // 1_000_000)
        if wish is None:
            self._look(action)
        return [] if wish is None else [wish]

    def _look(self, action: Action | None) -> None:
        """Keys that change only what is seen."""
        middle = self._screen.get_rect().center
        acts: dict[Action, Callable[[], None]] = {
            Action.ZOOM_IN: lambda: self._lookout.zoom(1, middle),
            Action.ZOOM_OUT: lambda: self._lookout.zoom(-1, middle),
            Action.FOLLOW: self._lookout.toggle_follow,
            Action.DIRECT: self._lookout.toggle_director,
            Action.PAGE: self._inspector.turn_page,
            Action.SCROLL_BACK: lambda: self._inspector.scroll_by(1),
            Action.SCROLL_ON: lambda: self._inspector.scroll_by(-1),
            Action.NAMES: self._toggle_names,
            Action.CONSOLE: self._console.toggle,
            Action.HELP: self._hud.toggle_help,
            Action.DEBUG: self._hud.toggle_debug,
            Action.BACK: self._back,
            Action.FULLSCREEN: self._toggle_fullscreen,
            Action.SCREENSHOT: lambda: self.screenshot(Path(f"town-{self._now_ns() // 1_000_000}.png")),
        }
        if action in acts:
            acts[action]()

    def _toggle_names(self) -> None:
        self._names = not self._names

    def _toggle_fullscreen(self) -> None:
        """A new window of the other kind; the desktop's own size when it fills the screen."""
        self._fullscreen = not self._fullscreen
        size, flags = ((0, 0), pygame.FULLSCREEN) if self._fullscreen else (self._windowed, pygame.RESIZABLE)
        self._screen = pygame.display.set_mode(size, flags)
        self._lookout.resize(self._screen.get_size())

    def _back(self) -> None:
        if self._hud.help:
            self._hud.help = False
        else:
            self._lookout.back()

    def _mouse(self, event: pygame.event.Event) -> list[Control]:
        if event.type == pygame.MOUSEWHEEL and event.y and self._is_on_panel(pygame.mouse.get_pos()):
            self._inspector.scroll_by(event.y)
        elif event.type == pygame.MOUSEWHEEL and event.y:
            self._lookout.zoom(1 if event.y > 0 else -1, pygame.mouse.get_pos())
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == pygame.BUTTON_LEFT:
            self._pressed_at = event.pos
        elif event.type == pygame.MOUSEMOTION and event.buttons[0]:
            self._lookout.pan((-event.rel[0], -event.rel[1]))
        elif event.type == pygame.MOUSEBUTTONUP and event.button == pygame.BUTTON_LEFT and self._pressed_at:
            moved = abs(event.pos[0] - self._pressed_at[0]) + abs(event.pos[1] - self._pressed_at[1])
            if moved < _CLICK_PX and not self._is_on_panel(event.pos):
                return self._click(event.pos)
        return []

    def _click(self, pixel: tuple[int, int]) -> list[Control]:
        """Choose who is there, or the house; with Shift, let the chosen one and this one talk."""
        point, before = self._lookout.camera.to_map(pixel), self._lookout.chosen
        row = self._people.at(point)
        if pygame.key.get_mods() & pygame.KMOD_SHIFT and None not in (row, before) and row != before:
            return [StartTalk((before, row))] if before is not None and row is not None else []
        self._lookout.choose(row, point)
        return []

    def _is_on_panel(self, point: tuple[int, int]) -> bool:
        return self._lookout.chosen is not None and self._inspector.covers(self._screen, point)

    # -- what is seen

    def draw(self, previous: Snapshot, current: Snapshot, alpha: float) -> None:
        """One frame between two finished ticks."""
        now_s = self._now_ns() / 1e9
        self._pan_by_keys(now_s - self._last_s)
        if self._people.position.size:
            self._lookout.advance(self._people.position, current.talks, now_s)
        self._last_s = now_s
        facts, self._tick = self._facts(), current.tick
        self._paused, self._speed = facts.paused, facts.speed
        self._people.is_still, self._bubbles.is_coarse = (
            facts.shed >= Shed.ANIMATION,
            facts.shed >= Shed.BUBBLES,
        )
        screen, camera = self._screen, self._lookout.camera
        if camera.screen[0] > camera.town[0] * camera.zoom or camera.screen[1] > camera.town[1] * camera.zoom:
            screen.fill(BEYOND)
        self._ground.turn(current.moment.season)
        self._ground.draw_under(screen, camera)
        self._doors.draw(screen, camera, self._people.feet)
        self._people.draw(screen, camera, previous, current, alpha)
        self._ground.draw_over(screen, camera)
        tint = through(tint_at(current.moment.minute), dimmed_by(current.weather))
        self._light.draw(screen, camera, tint)
        self._weather.draw(screen, camera, current.weather, now_s)
        self._draw_names(current)
        whispering = {row for talk in current.talks if talk.private for row in talk.participants}
        self._bubbles.draw(screen, camera, self._people.position, current.thinking, now_s, whispering)
        if self._lookout.chosen is not None:
            self._inspector.draw(screen, self._lookout.chosen, current.tick // _TELL_TICKS)
        self._hud.draw(screen, current.moment, facts, now_s)
        self._console.draw(screen)

    @property
    def drawn(self) -> Drawn:
        """Since the last frame."""
        bubbles = self._bubbles
        return Drawn(self._people.drawn, bubbles.drawn, bubbles.asked, bubbles.renders)

    def present(self) -> None:
        """Show it."""
        pygame.display.flip()

    def screenshot(self, path: Path) -> None:
        """Save the last frame; the slow part, compressing, happens in a thread."""
        facts = {"Software": TITLE, "Seed": str(self._seed), "Tick": str(self._tick)}
        self._saver.save(self._screen, path, facts)

    def look_at(self, row: int) -> None:
        """Follow somebody, and tell who they are."""
        self._lookout.follow(row)

    def press(self, key: str) -> bool:
        """A key by its name; it is acted upon at the next poll."""
        return hands.press(key)

    def type(self, text: str) -> None:
        """Letters, which an open console takes at the next poll."""
        hands.type_text(text)

    def close(self) -> None:
        """Finish saving pictures, and give the screen back."""
        self._saver.close()
        pygame.font.quit()
        pygame.display.quit()

    def _pan_by_keys(self, step_s: float) -> None:
        if self._console.is_open:
            return
        way = _PAN_PX_A_SECOND * step_s
        for x, y in held_pans():
            self._lookout.pan((x * way, y * way))

    def _draw_names(self, current: Snapshot) -> None:
        """The chosen one's name, whoever is under the cursor and what they do, or everybody's; the house that was clicked."""
        camera, chosen = self._lookout.camera, self._lookout.chosen
        under = self._people.at(camera.to_map(pygame.mouse.get_pos())) if pygame.mouse.get_focused() else None
        rows = dict.fromkeys(self._people.present() if self._names else (), False)
        if under is not None:
            rows[under] = True
        self._labels.draw(
            self._screen, camera, current, {row: told for row, told in rows.items() if row != chosen}
        )
        if chosen is not None:
            self._labels.name(self._screen, camera, chosen)
        elif self._lookout.place is not None:
            self._labels.house(self._screen, camera, self._town, current, self._lookout.place)
