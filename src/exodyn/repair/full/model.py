"""The parts that make a model full: put over those of a default model, by the same names."""

from __future__ import annotations

from collections.abc import Mapping

from exodyn.delivery import Barrier
from exodyn.repair.cargo_action import CargoAction
from exodyn.repair.full.arrows import Arrows, KnockDown, Ligand, Released
from exodyn.repair.full.high_dose import Clotting, Complement, Desensitisation, OpposingCargo
from exodyn.repair.full.inflammation import Inflammation
from exodyn.repair.full.neurogenesis import Neurogenesis
from exodyn.repair.full.pathways import Heard, Joined
from exodyn.repair.full.plasticity import Plasticity
from exodyn.repair.full.survival import Survival
from exodyn.repair.full.vasculature import Vasculature
from exodyn.symbolic import Part, Process

MIRNAS = ("mir_146a", "mir_124", "mir_181c", "mir_21", "mir_26a", "mir_17_92", "mir_133b")
LIGANDS = ("vegf", "fgf2", "wnt", "il10", "tgfb")

PARTS: Mapping[str, type[Process] | Part] = {
    "barrier": Part(Barrier, reads={"sealing": "vesicle_sealing"}),
    "released cargo": Released,
    **{name: Part(KnockDown, f"{name}_") for name in MIRNAS},
    **{f"{name} on vesicles": Part(Ligand, f"{name}_") for name in LIGANDS},
    "arrows": Part(Arrows, reads={"contact_half": "vesicle_contact_half"}),
    "desensitisation": Desensitisation,
    "complement": Complement,
    "clotting": Clotting,
    "opposing cargo": OpposingCargo,
    "heard": Part(Heard, reads={"contact_half": "vesicle_contact_half"}),
    "cargo action": Part(
        CargoAction,
        "vesicle_",
        {
            "mirna": "mirna_heard",
            "factor": "factor_heard",
            "contact": "contact_heard",
            "peripheral": "peripheral_heard",
        },
    ),
    "joined action": Joined,
    "survival": Survival,
    "inflammation": Part(Inflammation, reads={"resolving": "vesicle_resolving", "tgfb_given": "tgfb_added"}),
    "vasculature": Part(Vasculature, reads={"sprouting_gain": "vesicle_sprouting_gain"}),
    "neurogenesis": Part(Neurogenesis, reads={"birth_gain": "vesicle_birth_gain"}),
    "plasticity": Plasticity,
}

MECHANISMS: Mapping[str, str] = {
    "desensitisation": "receptor_cost",
    "complement": "complement_signal",
    "clotting": "k_clot",
    "opposing cargo": "scar_max",
    "miRNA by count": "by_count",
    "growth factor": "by_factor",
    "contact": "by_contact",
    "periphery": "by_periphery",
}
"""Mechanisms that a study may leave out by name -> the parameter that is then 0."""
