"""Template lines: what people say when no model can answer in time. Pure: chance and facts are passed in.

A talk hangs together by its topic. An opening or a question leaves a thread behind ("weather/fog"); a reply or
an answer prefers lines of that thread, then of its topic ("weather"), then lines that fit anything. An answer
leaves only the topic behind, because one reacts to an answer otherwise than to an opening. What begins a matter is
taken from the sheet of the talk's subject, as long as that has something fresh that is true.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final

from agents.manner import SIDES, coloured
from agents.template_files import (
    Group,
    Sheet,
    Situation,
    TemplateError,
    Topic,
    load_sheets,
    slots_of,
)
from agents.template_scene import Scene

__all__ = ["Draw", "Scene", "Situation", "TemplateBook", "TemplateError", "TemplateLine", "Topic"]

Draw = Callable[[int], int]  # an integer in [0, n), from the world's chance

_FOLLOWING: Final = (Situation.REPLY, Situation.ANSWER, Situation.QUESTION)
_BEGINNING: Final = (Situation.OPENING, Situation.NEW_TOPIC, Situation.QUESTION)
_CONDITIONS: Final = (  # the rarest first: by the first of its conditions a line is found
    "happening", "happened", "need", "emotion", "listener_emotion", "bond", "deed_went",
    "occupation", "listener_occupation", "period", "place", "place_kind", "relation", "tilt", "weather",
    "season", "company",
)  # fmt: skip
_ALWAYS_FILLED: Final = frozenset(
    {"listener", "speaker", "place", "occupation", "listener_occupation", "period"}
)
_TELLING: Final = frozenset({"deed", "doing", "need", "news", "news_was", "friend", "rival", "heard"})
_OWN: Final = ("self", "news")  # sheets from which one may begin whatever the talk is about
_LONGEST_LEAD: Final = 6  # words
_WEIGHT_OF_A_CONDITION: Final = 3  # what fits only here and now is likelier than what fits always


@dataclass(frozen=True, slots=True)
class TemplateLine:
    """A line ready to be spoken. `topic` is what the next line may hold on to."""

    id: str
    text: str
    topic: str
    is_question: bool

    @property
    def lead(self) -> str:
        """Its first words, two to six, at most half: a tiny model that is given these stays on the matter."""
        words = self.text.split()
        return " ".join(words[: max(2, min(_LONGEST_LEAD, (len(words) + 1) // 2))])


@dataclass(frozen=True, slots=True)
class Template:
    """A line with its slots still open, and when it may be said."""

    id: str
    text: str
    leaves: str  # the topic after it
    conditions: tuple[frozenset[str], ...]  # of each, at least one must be a fact
    excluded: frozenset[str]  # none of these may be a fact
    slots: frozenset[str]
    weight: int
    always: bool  # true of every scene: most lines are, and need not be asked

    def fits(self, facts: frozenset[str], filled: Mapping[str, str]) -> bool:
        """Whether it is true of this scene and every slot can be filled."""
        return (
            self.slots <= filled.keys()
            and self.excluded.isdisjoint(facts)
            and not any(condition.isdisjoint(facts) for condition in self.conditions)
        )

    def fill(self, slots: Mapping[str, str]) -> TemplateLine:
        """The line with everything in its place."""
        text = self.text.format_map(slots) if self.slots else self.text
        return TemplateLine(self.id, text, self.leaves, text.endswith("?"))


_Shelves = dict[tuple[Situation, str], list[Template]]


@dataclass(frozen=True, slots=True)
class TemplateBook:
    """All lines, by situation and by the topic they can follow."""

    templates: tuple[Template, ...]
    _following: _Shelves  # key: the topic, or topic/thread, of the line before
    _free: _Shelves  # lines that need none before; key: "", or a fact that must hold, so that few have to be asked
    _about: _Shelves  # of these the ones that begin a matter; key: the topic

    @classmethod
    def load(cls, *folders: Path) -> TemplateBook:
        """Every line of the folders, later ones over earlier. Raises TemplateError with one line that names file and key."""
        return cls.of(load_sheets(*folders), folders[0])

    @classmethod
    def of(cls, sheets: Iterable[Sheet], source: Path) -> TemplateBook:
        """The index over checked files; each situation needs a line that can always be said."""
        following: _Shelves = defaultdict(list)
        free: _Shelves = defaultdict(list)
        about: _Shelves = defaultdict(list)
        for sheet in sheets:
            for group in sheet.group:
                shelf = following[group.situation, _matter(sheet.topic, group.thread)]
                templates = _templates_of(sheet.topic, group, len(shelf) + 1)
                shelf.extend(templates)
                if _needs_nothing_before(sheet.topic, group):
                    for key in _keys_of(group):
                        free[group.situation, key].extend(templates)
                    about[group.situation, _matter(sheet.topic, "")].extend(templates)
        _check_complete(free, source)
        return cls(tuple(chain(*following.values())), dict(following), dict(free), dict(about))

    def choose(self, situation: Situation, scene: Scene, draw: Draw, recent: Collection[str]) -> TemplateLine:
        """A line for this moment: on the matter if there is one, not lately said, in the speaker's manner, by one draw."""
        facts, filled, said = scene.facts(), scene.filled_slots(), frozenset(recent)
        true = frozenset(facts)
        stale: list[Template] = []
        for pool in self._pools(situation, scene, facts):
            fitting = [template for template in pool if template.always or template.fits(true, filled)]
            fresh = [template for template in fitting if template.id not in said]
            if fresh:
                return _told(fresh, situation, scene, filled, draw)
            stale += fitting
        return _told(_longest_ago(stale, recent), situation, scene, filled, draw)

    def _pools(
        self, situation: Situation, scene: Scene, facts: Iterable[str]
    ) -> Iterator[Iterable[Template]]:
        """Where to look, nearest to the matter first."""
        if situation in _FOLLOWING and (topic := scene.topic or scene.subject):
            yield self._following.get((situation, topic), ())
            base, _, thread = topic.partition("/")
            if thread:
                yield self._following.get((situation, base), ())
        if situation in _BEGINNING and scene.subject:
            matters = (scene.subject, *_OWN)
            kinds = (situation, Situation.OPENING) if situation is Situation.NEW_TOPIC else (situation,)
            yield chain.from_iterable(
                self._about.get((kind, matter), ()) for kind in kinds for matter in matters
            )
        yield chain.from_iterable(self._free.get((situation, key), ()) for key in ("", *facts))


def _templates_of(topic: Topic, group: Group, first: int) -> list[Template]:
    """A group's lines, numbered within their thread from `first`."""
    base = _matter(topic, "")
    leaves = base if group.situation is Situation.ANSWER else _matter(topic, group.leaves or group.thread)
    name = ".".join(filter(None, (group.situation.value, topic.value, group.thread)))
    numbered = enumerate(group.lines, first)
    return [_template(f"{name}.{number:02}", text, leaves, group) for number, text in numbered]


def _template(line_id: str, text: str, leaves: str, group: Group) -> Template:
    conditions, excluded, slots = _conditions_of(group), _exclusions_of(group), slots_of(text)
    return Template(
        line_id,
        text,
        leaves,
        conditions,
        excluded,
        slots,
        weight=1 + _WEIGHT_OF_A_CONDITION * (len(conditions) + bool(slots & _TELLING)),
        always=not conditions and not excluded and slots <= _ALWAYS_FILLED,
    )


def _matter(topic: Topic, thread: str) -> str:
    """`weather/fog`, `weather`, or nothing where anything fits."""
    base = "" if topic is Topic.ANY else topic.value
    return f"{base}/{thread}" if thread else base


def _keys_of(group: Group) -> Iterable[str]:
    """The facts of which one must hold: those of the first condition."""
    conditions = _conditions_of(group)
    return sorted(conditions[0]) if conditions else ("",)


def _conditions_of(group: Group) -> tuple[frozenset[str], ...]:
    return tuple(
        frozenset(f"{key}:{value}" for value in values)
        for key in _CONDITIONS
        if (values := getattr(group, key))
    )


def _exclusions_of(group: Group) -> frozenset[str]:
    speaker = {f"occupation:{trade}" for trade in (*group.unless_occupation, *group.unless_present)}
    return frozenset(speaker | {f"listener_occupation:{trade}" for trade in group.unless_present})


def _needs_nothing_before(topic: Topic, group: Group) -> bool:
    """Openings and the like; of what follows something, only what fits after everything."""
    if group.situation is Situation.QUESTION:
        return group.starts or topic is Topic.ANY
    return group.situation not in _FOLLOWING or topic is Topic.ANY


def _check_complete(free: _Shelves, source: Path) -> None:
    for situation in Situation:
        if not any(template.always for template in free.get((situation, ""), ())):
            raise TemplateError(f"{source}: expected a {situation.value} that fits everywhere, found none")


def _told(
    templates: Sequence[Template],
    situation: Situation,
    scene: Scene,
    filled: Mapping[str, str],
    draw: Draw,
) -> TemplateLine:
    """One of them, as likely as its weight, in the speaker's manner: one draw serves for both."""
    mark, die = divmod(draw(SIDES * sum(template.weight for template in templates)), SIDES)
    line = _at(templates, mark).fill(filled)
    return replace(line, text=coloured(line.text, situation, scene.tilts, die))


def _longest_ago(templates: Sequence[Template], recent: Iterable[str]) -> list[Template]:
    """Of lines that were all said lately the one of which that is longest ago; `recent` has the newest last."""
    said_at = {line: number for number, line in enumerate(recent)}
    return [min(templates, key=lambda template: said_at[template.id])]


def _at(templates: Sequence[Template], mark: int) -> Template:
    for template in templates:
        mark -= template.weight
        if mark < 0:
            return template
    raise ValueError("the draw was not below its limit")
