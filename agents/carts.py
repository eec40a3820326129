"""Carts between the places of a town: who brings what to whom by night, and for how much, from one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agents.actions import Good
from agents.persona import PublicId, WorkId
from agents.toml_files import read_table, said_plainly

TOWNSFOLK: Final = 25  # people of a district for whom the file's numbers are meant

PlaceId = WorkId | PublicId
Pieces = Annotated[int, Field(ge=1, le=1000)]


class CartError(Exception):
    """The carts' file cannot be used. One line that names the file, the key and what was expected."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cart(_Frozen):
    """One good on its way from who makes it to who uses or sells it."""

    good: Good
    maker: PlaceId = Field(alias="from")
    user: PlaceId = Field(alias="to")
    pieces: Pieces  # a day at most, for every TOWNSFOLK
    enough: Pieces  # on the user's shelf, for every TOWNSFOLK: above that nothing is ordered
    price: Annotated[int, Field(ge=1, le=100)]  # pennies a piece


class _Sheet(_Frozen):
    cart: Annotated[tuple[Cart, ...], Field(min_length=1)]


def load_carts(path: Path) -> tuple[Cart, ...]:
    """All carts, in the order in which they go. Raises CartError with one line."""
    try:
        sheet = _Sheet.model_validate(read_table(path, CartError))
    except ValidationError as error:
        raise CartError(said_plainly(path, error, _keys())) from error
    _check(path, sheet.cart)
    return sheet.cart


def _keys() -> set[str]:
    return {field.alias or key for model in (_Sheet, Cart) for key, field in model.model_fields.items()}


def _check(path: Path, carts: tuple[Cart, ...]) -> None:
    seen: set[tuple[str, str, str]] = set()
    for number, cart in enumerate(carts):
        way = (cart.good, cart.maker, cart.user)
        if cart.maker == cart.user:
            raise CartError(f"{path}: cart[{number}].to: expected another place than {cart.maker!r}")
        if way in seen:
            raise CartError(
                f"{path}: cart[{number}]: {cart.good} goes from {cart.maker} to {cart.user} twice"
            )
        seen.add(way)
