"""States stay in their physical range whatever the parameters; untreated courses come to rest."""

from dataclasses import replace

import numpy as np
import pytest

from exodyn.engine import Dose, Engine, Schedule
from exodyn.engine.random import uniforms
from exodyn.evidence import draws_of
from exodyn.indications import INDICATIONS, Indication
from exodyn.inference.sensitivity import Range

DRAWS = 10_000
PRODUCT = "adipose_msc_exosomes"
TIMES = (0.5, 1.5, 7.0, 28.0, 90.0, 730.0)
ABSOLUTE = 1e-4
"""Below zero by no more than an integration at rtol 1e-4 may leave, relative to the peak."""
SHARES = (
    "rim", "dead", "committed", "programme", "connectivity", "shock", "axons", "cut_axons", "active",
    "complement", "clots", "receptors", "synapses",
)  # fmt: skip


def models() -> list[tuple[str, str, Indication]]:
    sized = [one for each in INDICATIONS.values() for one in (each, each.full) if one is not None]
    return [(f"{one.name}-{one.size}", species, one) for one in sized for species in one.species]


def by_draw(indication: Indication, species: str, traits: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What patients are to the model, patient i by posterior draw i modulo the number of draws."""
    draws = draws_of(indication.name, species)
    if draws is None:
        return dict(indication.person(species, traits))
    known = indication.parameters(species)
    found = {}
    for k in range(draws.count):
        own = {n: replace(known[n], value=v) for n, v in draws.one(k).items() if n in known}
        mine = slice(k, None, draws.count)
        made = indication.person(species, {n: x[mine] for n, x in traits.items()}, {**known, **own})
        made = {n: np.full(DRAWS, one.value)[mine] for n, one in own.items()} | made
        for name, column in made.items():
            found.setdefault(name, np.empty(DRAWS))[mine] = column
    return found


@pytest.mark.parametrize(("name", "species", "indication"), models())
def test_states_stay_in_range(name: str, species: str, indication: Indication) -> None:
    """10,000 draws of every parameter that has a range, of patients, and of doses up to 1e14 particles.

    Where a posterior is kept each patient lives by one of its draws, as in a study.
    """
    model = indication.model(species, PRODUCT, "intravenous")
    engine = Engine(model, outputs=[one.name for one in model.states])
    known = indication.parameters(species)
    ranged = {
        p.name: replace(known[p.name], unit=p.unit)
        for p in model.parameters
        if p.name in known
        and known[p.name].unit == p.unit
        and known[p.name].low is not None
        and known[p.name].high is not None
        and known[p.name].low < known[p.name].high
    }
    rank = uniforms(1, f"ranges:{name}:{species}", 0, DRAWS, len(ranged) + 1)
    values = {one: Range(record).ppf(rank[:, i]) for i, (one, record) in enumerate(ranged.items())}
    traits = {
        t.name: t.sample(uniforms(1, f"traits:{t.name}", 0, DRAWS, 1)[:, 0])
        for t in indication.population(species).traits
    }
    person = by_draw(indication, species, traits)
    amount = np.where(rank[:, -1] < 0.1, 0.0, 10 ** (8 + 6 * rank[:, -1] - 9))
    run = engine.run(
        {**values, **{n: v for n, v in person.items() if n in engine.parameters}},
        patients=DRAWS,
        times=TIMES,
        doses=Schedule([Dose(state="blood", amount=amount, time=1.0)]),
        rtol=1e-4,
        atol=1e-9,
        threads=2,
    )
    assert not run.failures
    for place, state in enumerate(model.states):
        found = run.values[:, :, place]
        assert np.all(np.isfinite(found)), state.name
        assert found.min() >= -ABSOLUTE * max(found.max(), 1.0), state.name
        if state.name in SHARES:
            assert found.max() <= 1 + 1e-3, state.name


@pytest.mark.parametrize(("name", "species", "indication"), models())
def test_two_years_without_treatment_come_to_rest(name: str, species: str, indication: Indication) -> None:
    """The typical patient moves by less than a hundredth of its first deficit in the last half year."""
    reads = next(one for one in indication.scales(species)[0].reads)
    model = indication.model(species, PRODUCT, "intravenous")
    person = indication.person(
        species, {t.name: t.sample(np.full(1, 0.5)) for t in indication.population(species).traits}
    )
    engine = Engine(model, outputs=[reads])
    own = {n: v for n, v in person.items() if n in engine.parameters}
    first, late, end = engine.run(own, patients=1, times=[0.0, 547.0, 730.0], rtol=1e-6).values[0, :, 0]
    assert abs(end - late) < 0.01 * max(first, 1.0)
