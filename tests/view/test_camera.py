from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.view.camera import ZOOMS, Camera

TOWN = (1280, 896)
SCREENS = st.tuples(st.integers(320, 2600), st.integers(240, 1600))
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("pan"), st.integers(-3000, 3000), st.integers(-3000, 3000)),
        st.tuples(st.just("zoom"), st.sampled_from((-1, 1)), st.integers(0, 300)),
        st.tuples(st.just("size"), st.integers(320, 2600), st.integers(240, 1600)),
    ),
    max_size=12,
)


@given(SCREENS, MOVES)
def test_the_camera_never_leaves_the_map(screen: tuple[int, int], moves: list[tuple[str, int, int]]) -> None:
    """Whatever is done, the screen shows only town, or all of it with the rest around."""
    camera = Camera.over(TOWN, screen, 2)
    for kind, first, second in moves:
        if kind == "pan":
            camera = camera.panned((first, second))
        elif kind == "zoom":
            camera = camera.zoomed(first, (second, second))
        else:
            camera = camera.resized((first, second))
        assert ZOOMS[0] <= camera.zoom <= ZOOMS[1]
        for start, town, seen in zip((camera.left, camera.top), TOWN, camera.screen, strict=True):
            if seen / camera.zoom >= town:
                assert start == pytest.approx((town - seen / camera.zoom) / 2)
            else:
                assert -1e-9 <= start <= town - seen / camera.zoom + 1e-9


@given(st.integers(200, 1000), st.integers(200, 500), st.integers(0, 500), st.integers(0, 400))
def test_zooming_in_holds_the_point_under_the_cursor(left: int, top: int, x: int, y: int) -> None:
    """Away from the map's edges the town grows round the cursor."""
    camera = Camera(left / 2, top / 2, 2, (640, 480), TOWN)
    near = camera.zoomed(1, (x, y))
    before, after = camera.to_map((x, y)), near.to_map((x, y))
    assert before == pytest.approx(after, abs=1.0)  # a map pixel: the origin is rounded once


@given(st.floats(0, 1280), st.floats(0, 896), st.sampled_from((1, 2, 3, 4)))
def test_the_way_to_the_screen_and_back(x: float, y: float, zoom: int) -> None:
    """A point comes back to within a pixel."""
    camera = Camera.over(TOWN, (640, 480), zoom)
    back = camera.to_map(camera.to_screen((x, y)))
    assert back == pytest.approx((x, y), abs=1.0)
