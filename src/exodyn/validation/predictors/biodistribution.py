"""Records of biodistribution and of kinetics, from the model of disposition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exodyn.delivery.kinetics import forecast_kinetics, is_kinetic
from exodyn.delivery.predict import Forecast, forecast
from exodyn.evidence import Record, table_family
from exodyn.validation.answers import Answer, Given, Number, Skipped, Statement
from exodyn.validation.kinds import kind_of


class Biodistribution:
    """Every number is compared by its ratio; ranks, detections and directions are statements."""

    name = "biodistribution"

    def claims(self, one: Record) -> bool:
        """Rows of a table of biodistribution."""
        return table_family(one) == self.name

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id, all of one study from one ensemble."""
        found = forecast(wanted, given.seed)
        return {one.id: _answer(one, found[one.id]) for one in wanted}


def _answer(one: Record, found: Forecast | str) -> Answer:
    if isinstance(found, str):
        return Skipped(found)
    if kind_of(one) == "statement":
        if found.probability is None:
            return Skipped(f"{one.quantity}: a statement that the model does not judge")
        return Statement(found.probability, found.basis, found.draws)
    return Number(found.draws, "log", found.basis)


class Kinetics:
    """Half-lives, clearances, volumes, areas and peaks of carriers in a whole body."""

    name = "kinetics"

    def claims(self, one: Record) -> bool:
        """Rows of a table of parameters whose words say so."""
        return table_family(one) == "parameter" and is_kinetic(one)

    def predict(self, wanted: Sequence[Record], given: Given) -> Mapping[str, Answer]:
        """Answers by id, all of one study from one ensemble."""
        found = forecast_kinetics(wanted, given.seed)
        return {one.id: _answer(one, found[one.id]) for one in wanted}


BIODISTRIBUTION = Biodistribution()
KINETICS = Kinetics()
