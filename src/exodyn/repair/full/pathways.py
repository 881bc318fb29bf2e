"""Pathways: the ways by which vesicles may act, any of which can be left out, joined with named cargo."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads


class Heard(Process):
    """What the tissue hears of vesicles by each of four ways that compete to explain the effect in rodents.

    A way that is left out has the value 0. Contact is occupied receptors: what is heard is the contact whose
    effect, with all receptors, is that of the actual contact on those that are left. What speaks for each:
    ``python -m exodyn.calibration.explanations``.
    """

    mirna = Reads("copies/cells", "delivered miRNA in the cytosol, per cell of the lesion")
    factor = Reads("ng/mL", "delivered growth factor in tissue fluid")
    contact = Reads("particles/cells", "vesicles that touched a cell")
    peripheral = Reads("particles/cells", "vesicles taken in per cell of the spleen")
    receptors = Reads("1", "receptors that answer, untreated = 1")
    contact_half = Reads("particles/cells", "surface contact at half effect")

    by_count = Parameter("1", "1 if native miRNA acts by number, 0 if not")
    by_factor = Parameter("1", "1 if growth factor on the vesicle acts, 0 if not")
    by_contact = Parameter("1", "1 if touch at the lesion acts, 0 if not")
    by_periphery = Parameter("1", "1 if the spleen acts, 0 if not")

    mirna_heard = Quantity("copies/cells", "delivered miRNA that acts")
    factor_heard = Quantity("ng/mL", "delivered growth factor that acts")
    contact_heard = Quantity("particles/cells", "contact at the lesion that acts")
    peripheral_heard = Quantity("particles/cells", "contact in the spleen that acts")

    mirna_heard.value = by_count * mirna
    factor_heard.value = by_factor * factor
    contact_heard.value = (
        by_contact * receptors * contact * contact_half / (contact_half + (1 - receptors) * contact)
    )
    peripheral_heard.value = by_periphery * peripheral


class Joined(Process):
    """The vesicle's own effects, those of the default model, joined with those of the named miRNAs."""

    vesicle_calming = Reads("1", "share by which the vesicle lowers activation")
    vesicle_wiring_gain = Reads("1", "gain of rewiring by the vesicle")
    arrow_calming = Reads("1", "share by which named miRNAs lower activation")
    scarring = Reads("1", "how much opposing cargo slows rewiring, 1 without")

    calming = Quantity("1", "share by which activation of phagocytes falls")
    wiring_gain = Quantity("1", "gain of rewiring")

    calming.value = 1 - (1 - vesicle_calming) * (1 - arrow_calming)
    wiring_gain.value = (1 + vesicle_wiring_gain) / scarring - 1
