"""How the parts are put together: settings in, a loop out. Wiring lives here and nowhere else."""

from __future__ import annotations

import gc
import secrets
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agents.blocklist import Blocklist
from agents.conversation.repetition import Guard
from agents.known_names import KnownNames
from agents.persona import Persona, load_personas
from agents.publish import LineRules, PublishGate
from agents.reading import Reader
from agents.templates import TemplateBook
from llm import script_book
from llm.canned import CannedSource
from llm.cassette import CassetteBook
from llm.cloud_key import find_key
from llm.persona_cache import PersonaCache, fingerprint_of
from llm.protocol import Gate, GateFactory, Models
from llm.right_of_way import RightOfWay
from llm.settings import NONE
from llm.types import Request
from sim.app.housekeeping import Housekeeping
from sim.app.settings import ASSETS, Settings, assets_of, rules_of, without_thoughts
from sim.app.where_from import CASSETTE, Canned
from sim.bubbles import BubbleBoard
from sim.columns import CROWD_FROM
from sim.founding import found_world
from sim.hearing import Hearing
from sim.inbox import Inbox
from sim.loop import Loop
from sim.lore import load_lore
from sim.pacer import FramePacer, Pacer, Unpaced
from sim.roster import Roster
from sim.town import Town, districts_for, load_town, with_districts
from sim.view_protocol import NullView, View
from sim.world import World


@dataclass(frozen=True, slots=True)
class Scenery:
    """What is read from files before anything moves."""

    town: Town
    roster: Roster

    @property
    def personas(self) -> tuple[Persona, ...]:
        """Those whom one watches; a crowd behind them is nobody until something happens to one of them."""
        return tuple(self.roster.persona(row) for row in range(min(len(self.roster), CROWD_FROM)))


def gather(settings: Settings, seed: int) -> Scenery:
    """Read the map and the people. Raises MapError, PersonaError, ModError."""
    written = load_personas(*assets_of(settings).folders("personas"))
    people = settings.world.npcs
    town = with_districts(load_town(settings.world.file), districts_for(people))
    return Scenery(town, Roster(written, people, seed))


def people_of(count: int, seed: int) -> tuple[Persona, ...]:
    """The people of the files, and as many more as are wanted, made from them by seed."""
    roster = Roster(load_personas(ASSETS / "personas"), count, seed)
    return tuple(map(roster.persona, range(count)))


def build_world(
    settings: Settings, scenery: Scenery, seed: int, personas: PersonaCache | None = None
) -> World:
    """The town before its first tick. Raises TemplateError, and the errors of the world's tables."""
    assets = assets_of(settings)
    book = TemplateBook.load(*assets.folders("templates"))
    rules = rules_of(settings, seed)
    if not has_model(settings):
        rules = without_thoughts(rules)
    lore = load_lore(lambda name: assets.find(f"world/{name}"), rules.calendar)
    world = found_world(rules, lore, scenery.town, scenery.roster, book)
    if personas is not None:
        world.persona_block = kept_blocks(personas)
    return world


def kept_blocks(kept: PersonaCache) -> Callable[[Persona], str]:
    """What a model reads of somebody, made once for as long as they are who they are."""
    marks: dict[str, tuple[Persona, bytes]] = {}

    def block(persona: Persona) -> str:
        known = marks.get(persona.id)
        if known is None or known[0] is not persona:
            known = marks[persona.id] = persona, _mark_of(persona)
        return kept.of_text(persona.id, persona.persona_block, known[1])

    return block


def _mark_of(persona: Persona) -> bytes:
    return fingerprint_of((persona.first_name, persona.core_identity, *persona.examples))


def gate_factory(settings: Settings, personas: Sequence[Persona]) -> GateFactory:
    """Every line of every tier passes a gate of its own."""
    full_names = {persona.first_name: persona.name for persona in personas}
    rules, mode = _line_rules(settings, personas), settings.publish.mode

    def gate(request: Request) -> Gate:
        prompt = request.prompt
        return PublishGate(
            full_names.get(prompt.speaker, prompt.speaker),
            prompt.listeners,
            rules,
            guard=Guard(request.said, request.worn) if request.said or request.worn else None,
            mode=mode,
            written=request.written,
        )

    return gate


def _line_rules(settings: Settings, personas: Sequence[Persona]) -> LineRules:
    """What every line keeps to. Raises BlocklistError, TemplateError."""
    publish, assets = settings.publish, assets_of(settings)
    listed = assets.find("publish/blocklist.txt") if publish.blocklist == "bundled" else publish.blocklist
    blocklist = Blocklist() if isinstance(listed, str) else Blocklist.load(listed)
    book = TemplateBook.load(*assets.folders("templates"))
    texts = [
        *(template.text for template in book.templates),
        *(persona.persona_block() for persona in personas),
        *(persona.name for persona in personas),
        *(place.title for place in load_town(settings.world.file).places),
    ]
    return LineRules(publish.max_length, blocklist, KnownNames.of(texts, assets.find("publish/names.txt")))


def has_model(settings: Settings) -> bool:
    """Whether anything but templates may ever speak."""
    llm = settings.llm
    cloud = llm.hybrid and bool(find_key(llm.cloud))
    return llm.local.base_url != NONE or llm.embedded.enabled is True or cloud


def canned_source(canned: Canned, seed: int) -> CannedSource:
    """Answers from a file. Raises ModelFileError."""
    if canned.kind == CASSETTE:
        return CassetteBook.load(canned.path, seed, strict=canned.strict)
    return script_book.load(canned.path)


def build_loop(
    world: World,
    models: Models,
    bubbles: BubbleBoard,
    view: View,
    *,
    fast: bool,
    way: RightOfWay | None = None,
) -> Loop:
    """The loop, paced by the wall or not at all; garbage is collected in its slack. `way`: whose background heeds it."""
    way = way or RightOfWay()
    pacer: Pacer = Unpaced() if fast else FramePacer(before_frame=way.take)
    looks = not isinstance(view, NullView)
    world.prompts_read = models.reads_prompts
    hearing = Hearing(bubbles, reader_of(world).read)
    return Loop(
        world, models, hearing, Inbox(), view, pacer, looks=looks, in_slack=[way.give, Housekeeping()]
    )


def reader_of(world: World) -> Reader:
    """What lines mean in this town: its words, its topics, its names."""
    lore, names = world.lore, [persona.name for _, persona in world.roster.known()]
    known = KnownNames.of(
        (*names, *(place.title for place in world.town.places)), ASSETS / "publish" / "names.txt"
    )
    return Reader(lore.lexicon, lore.topics.of_text, known.knows)


def settle_interpreter(settings: Settings) -> None:
    """What was loaded stays, threads take turns quickly, and no collection falls into a frame: see `Housekeeping`."""
    sys.setswitchinterval(settings.runtime.switch_interval)
    gc.collect()
    gc.freeze()
    gc.disable()


def chosen_seed(settings: Settings) -> int:
    """The seed of the settings, or a new one."""
    return secrets.randbelow(1 << 31) if settings.world.seed is None else settings.world.seed
