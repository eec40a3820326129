"""What people are like, as numbers: the Big Five (Goldberg 1990) and four more that matter in a small town."""

from __future__ import annotations

from typing import Final

BIG_FIVE: Final = ("openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism")
TRAITS: Final = (*BIG_FIVE, "courage", "humour", "ambition", "piety")
MIDDLE: Final = 50  # of a hundred

OPENNESS, CONSCIENTIOUSNESS, EXTRAVERSION, AGREEABLENESS, NEUROTICISM = range(5)
COURAGE, HUMOUR, AMBITION, PIETY = range(5, 9)
