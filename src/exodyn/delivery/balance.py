"""The balance of particles: what was given is in the body or broken down."""

from exodyn.symbolic import Process, Quantity, Reads


class Balance(Process):
    """Sums over every place a particle can be. `particles_accounted` equals the dose given so far."""

    depot = Reads("Gparticles", "particles in the depot that they were given into")
    blood = Reads("Gparticles", "particles in blood")
    liver_held = Reads("Gparticles", "particles held by the liver")
    spleen_held = Reads("Gparticles", "particles held by the spleen")
    lung_held = Reads("Gparticles", "particles held by the lung")
    kidney_held = Reads("Gparticles", "particles held by the kidney")
    gut_held = Reads("Gparticles", "particles held by the gut")
    muscle_held = Reads("Gparticles", "particles held by muscle")
    cord_held = Reads("Gparticles", "particles held by the spinal cord")
    rest_held = Reads("Gparticles", "particles held by the rest of the body")
    lesion_wall = Reads("Gparticles", "particles on vessel walls of the lesion")
    lesion_fluid = Reads("Gparticles", "particles in tissue fluid of the lesion")
    lesion_cells = Reads("Gparticles", "particles inside cells of the lesion")
    organ_wall = Reads("Gparticles", "particles on vessel walls of the rest of the lesion's organ")
    degraded = Reads("Gparticles", "particles broken down so far")

    lesion = Quantity("Gparticles", "particles in the lesion")
    particles_in_body = Quantity("Gparticles", "particles in the body")
    particles_accounted = Quantity("Gparticles", "particles in the body or broken down")

    lesion.value = lesion_wall + lesion_fluid + lesion_cells
    particles_in_body.value = (
        depot + blood + liver_held + spleen_held + lung_held + kidney_held + gut_held + muscle_held
        + cord_held + rest_held + organ_wall + lesion
    )  # fmt: skip
    particles_accounted.value = particles_in_body + degraded
