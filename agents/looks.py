"""What a person may look like: exactly the names the sprites are painted from, and no other."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Body = Literal["adult", "stout", "slight", "elder"]
Hair = Literal[
    "short", "parted", "tousled", "balding", "cropped", "curly",
    "bob", "long", "wavy", "bun", "ponytail", "braids",
]  # fmt: skip
HairColor = Literal[
    "black", "espresso", "brown", "chestnut", "auburn", "ginger",
    "honey", "blonde", "ash", "grey", "silver", "white",
]  # fmt: skip
Skin = Literal["porcelain", "fair", "rosy", "tan", "olive", "amber", "brown", "umber", "ebony"]
Clothes = Literal[
    "tunic", "shirt", "vest", "apron", "overalls", "coat",
    "robe", "cloak", "tabard", "sweater", "dress", "skirt",
]  # fmt: skip
Cloth = Literal[
    "white", "cream", "linen", "mustard", "orange", "rust", "brick", "red", "rose", "plum", "lavender", "navy",
    "blue", "sky", "teal", "green", "moss", "olive", "tan", "brown", "grey", "charcoal", "black",
]  # fmt: skip
Hat = Literal[
    "none", "straw", "cap", "hood", "headscarf", "baker", "helmet", "wide_brim", "beanie", "beret", "flowers",
]  # fmt: skip
Tool = Literal[
    "none", "hammer", "fishing_rod", "book", "basket", "staff", "broom",
    "mug", "satchel", "lute", "lantern", "pitchfork", "axe",
]  # fmt: skip
Beard = Literal["none", "stubble", "moustache", "goatee", "short", "full", "long"]


class Appearance(BaseModel):
    """How somebody is drawn; hat, tool and beard may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    body: Body
    hair: Hair
    hair_color: HairColor
    skin: Skin
    clothes: Clothes
    cloth_color: Cloth
    trim_color: Cloth
    hat: Hat = "none"
    tool: Tool = "none"
    beard: Beard = "none"
