"""The `view.*` part of the settings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class ViewSettings(BaseModel):
    """The window, and how words are shown. Nothing here can change what happens in the world."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(1280, ge=320, le=7680, description="pixels")
    height: int = Field(720, ge=240, le=4320, description="pixels")
    zoom: int = Field(2, ge=1, le=4, description="screen pixels to a map pixel at start")
    ui_scale: Annotated[float, Field(ge=0.5, le=4)] | Literal["auto"] = Field(
        "auto",
        description="size of bubbles and panels; auto = 2 on a desktop of 1,800 lines and more, else 1",
    )
    auto_camera: bool = Field(
        True, description="the camera goes where the talk is, until somebody moves it; C gives it back"
    )
    vsync: bool = Field(False, description="let the screen pace the frames")
    fullscreen: bool = False
    text_speed: Annotated[float, Field(gt=0, le=1000)] = Field(
        40.0, description="characters a second that a bubble types out; pixels only, no talk waits for it"
    )
