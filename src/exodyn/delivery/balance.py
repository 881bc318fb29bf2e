"""The balance of particles: what was given is in the body or broken down."""

from exodyn.symbolic import Process, Quantity, Reads


class Balance(Process):
    """Sums over every place a vesicle can be. `particles_accounted` equals the dose given so far, exactly."""

    blood = Reads("Gparticles", "vesicles in blood")
    liver_bound = Reads("Gparticles", "vesicles bound in the liver")
    liver_inside = Reads("Gparticles", "vesicles inside cells of the liver")
    spleen_bound = Reads("Gparticles", "vesicles bound in the spleen")
    spleen_inside = Reads("Gparticles", "vesicles inside cells of the spleen")
    lung_held = Reads("Gparticles", "vesicles in the lung")
    kidney_held = Reads("Gparticles", "vesicles in the kidney")
    rest_held = Reads("Gparticles", "vesicles in the rest of the body")
    lesion_wall = Reads("Gparticles", "vesicles on vessel walls of the lesion")
    lesion_fluid = Reads("Gparticles", "vesicles in tissue fluid of the lesion")
    lesion_cells = Reads("Gparticles", "vesicles inside cells of the lesion")
    brain_wall = Reads("Gparticles", "vesicles on vessel walls of the rest of the brain")
    degraded = Reads("Gparticles", "vesicles broken down so far")

    liver = Quantity("Gparticles", "vesicles in the liver")
    spleen = Quantity("Gparticles", "vesicles in the spleen")
    lesion = Quantity("Gparticles", "vesicles in the lesion")
    particles_in_body = Quantity("Gparticles", "vesicles in the body")
    particles_accounted = Quantity("Gparticles", "vesicles in the body or broken down")

    liver.value = liver_bound + liver_inside
    spleen.value = spleen_bound + spleen_inside
    lesion.value = lesion_wall + lesion_fluid + lesion_cells
    particles_in_body.value = (
        blood + liver + spleen + lung_held + kidney_held + rest_held + lesion + brain_wall
    )
    particles_accounted.value = particles_in_body + degraded
