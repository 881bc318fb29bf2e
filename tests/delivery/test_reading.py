"""Words of quantities: the whole of an organ, or a gram of it."""

import pytest

from exodyn.delivery.reading import PER_GRAM, WHOLE


@pytest.mark.parametrize(
    ("quantity", "per_gram", "of_dose"),
    [
        ("percent_ID", False, True),
        ("percent ID", False, True),
        ("% of injected dose", False, True),
        ("%ID/g", True, True),
        ("percent_ID_per_mL", True, True),
        ("percent_of_dose_per_g", True, True),
        ("%ID per g", True, True),
        ("percent_cells_reached", False, False),
    ],
)
def test_percent_of_a_dose(quantity: str, per_gram: bool, of_dose: bool) -> None:
    assert bool(PER_GRAM.match(quantity)) == per_gram
    assert bool(WHOLE.match(quantity)) == of_dose
