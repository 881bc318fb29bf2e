"""Doses in any unit become particles, by the product's own numbers."""

import pytest

from exodyn.errors import InputError
from exodyn.product import get_product


def test_micrograms_become_particles() -> None:
    product = get_product("adipose_msc_exosomes")
    assert product.particles(100, "ug") == pytest.approx(3.75e11)  # the usual rat dose, MEC030
    assert product.particles(0.1, "mg") == pytest.approx(product.particles(100, "ug"))
    assert product.particles(5e11, "particles") == 5e11


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_impossible_amounts_are_refused(amount: float) -> None:
    with pytest.raises(InputError, match="expected a number of 0 or more"):
        get_product("adipose_msc_exosomes").particles(amount, "particles")


def test_unknown_words_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'adipose_msc_exosomes'"):
        get_product("adipose_msc_exosome")
    with pytest.raises(InputError, match="did you mean 'particles'"):
        get_product("adipose_msc_exosomes").particles(1, "partikles")
