"""Rows on making and counting: spins, membranes, columns, diffusion, purity, coincidence, reporting."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from tests.product.reference.row import NUMBER, Answer, Row, UnknownError

from exodyn.product import purity
from exodyn.product.process import centrifuge, columns, diffusion, filtration
from exodyn.product.response import coincidence


def spin(row: Row) -> list[Answer]:
    text = row.text.casefold().replace("-", " ")
    known = sorted(centrifuge.rotors(), key=len, reverse=True)
    named = next((name for name in known if name.casefold().replace("-", " ") in text), None)
    rotor = centrifuge.rotor(named) if named else None
    rpm = row.before("rpm") or (rotor.max_rpm if rotor else None)
    r_max = row.get("rmax", "r_max") or (rotor.r_max if rotor else None)
    r_min = row.get("rmin", "r_min") or (rotor.r_min if rotor else None)

    def needed(value: float | None, what: str) -> float:
        if value is None:
            raise UnknownError(f"no {what} in the inputs")
        return value

    if re.search(r"\brcf\b|force", row.asks):
        at = row.get("rmin") if "rmin" in row.asks else None
        radius = needed(at or row.before("mm") or r_max, "radius")
        return [centrifuge.relative_force(needed(rpm, "speed"), radius)]
    if re.search(r"\bspeed\b|\brpm\b", row.asks):
        force = needed(row.before("x g", "xg", "g") or row.get("rcf"), "force")
        return [centrifuge.rpm_for(force, needed(r_max, "radius"))]
    if "k factor" in row.asks.replace("-", " "):
        return [centrifuge.k_factor(needed(rpm, "speed"), needed(r_max, "rmax"), needed(r_min, "rmin"))]
    d, density, fluid = row.get("d", "diameter"), row.get("rho", "rho_p"), row.get("rho_f", "rhof")
    viscosity = row.get("eta")
    if viscosity is not None:
        viscosity *= 1e-3 if row.has("mpa", "cp") or viscosity > 0.1 else 1
    given = row.before("S") or row.get("S")
    s = None if given is None or d is not None else given * centrifuge.SVEDBERG
    if s is None and None not in (d, density, fluid, viscosity):
        s = float(centrifuge.sedimentation(d, density, fluid, viscosity))
    if "sediment" in row.asks and "time" not in row.asks:
        return [needed(s, "density or viscosity") / centrifuge.SVEDBERG]
    if re.search(r"\btime\b|hours? to|\bclear", row.asks):
        k = row.get("k") or centrifuge.k_factor(
            needed(rpm, "speed"), needed(r_max, "rmax"), needed(r_min, "rmin")
        )
        hours = centrifuge.clearing_time(needed(s, "sedimentation coefficient"), k)
        unit = 3600 if re.search(r", s\b|seconds", row.asks) else 60 if re.search(r"\bmin", row.asks) else 1
        return [hours * unit]
    seconds = row.before("s") or (row.before("min") or 0) * 60 or (row.before("h") or 0) * 3600
    ends = needed(rpm, "speed"), needed(r_max, "rmax"), needed(r_min, "rmin")
    if "pelleted" in row.asks:
        s = needed(s, "density or viscosity")
        if row.has("fixed angle", "fixed-angle", "ellip"):
            angle = needed(row.get("angle") or (rotor.angle if rotor else None), "angle")
            tube = needed(row.get("tube", "D") or (rotor.tube_mm if rotor else None), "tube's diameter")
            return [float(centrifuge.pelleted_fixed_angle(s, *ends, seconds, angle, tube))]
        return [float(centrifuge.pelleted(s, *ends, seconds))]
    if re.search(r"cut.?off", row.asks):
        what = "density or viscosity"
        given_fluid = needed(density, what), needed(fluid, what), needed(viscosity, what)
        return [centrifuge.cut_off(*given_fluid, *ends, seconds)]
    raise UnknownError("no such figure of a spin")


def brownian(row: Row) -> list[Answer]:
    viscosity = row.need("eta", "viscosity") * 1e-3
    kelvin = row.before("K") or 273.15 + row.needs_before("°?C")
    d = row.get("d", "diameter") or row.needs_before("nm")
    if not re.search(r"\bd\b|diffusion", row.asks):
        raise UnknownError("only the diffusion coefficient")
    scale = 1e12 if re.search(r"[uµμ]m2|[uµμ]m\^?2", row.asks) else 1e4 if "cm2" in row.asks else 1
    return [float(diffusion.diffusion_coefficient(d, kelvin, viscosity)) * scale]


def sieving(row: Row) -> list[Answer]:
    named = re.search(rf"lambda[^;]*?=\s*({NUMBER})\s*(?:;|,|$)", row.inputs) or re.search(
        rf"=\s*({NUMBER})", row.inputs
    )
    if not named:
        raise UnknownError("no lambda")
    ratio = float(named.group(1))
    laws = {
        "steric|ferry": filtration.steric,
        r"drag|hindrance of (?:the )?pore": filtration.drag,
        "renkin|hindered": filtration.renkin,
    }
    for words, law in laws.items():
        if re.search(words, row.asks):
            return [float(law(ratio))]
    raise UnknownError("no such law of sieving")


def diafiltration(row: Row) -> list[Answer]:
    left = row.get("left", "fraction left", "fraction")
    removed = row.before("% removed", "% out", "percent removed")
    if left is None and removed is not None:
        left = 1 - removed / 100
    if re.search(r"sieving|\bs\b(?! n)", re.sub(r"exp\(.*?\)", "", row.asks)) and left is not None:
        return [filtration.sieving_from_left(left, row.need("N", "diavolumes"))]
    if (
        re.search(r"(?:number of )?diavolumes|\bn\b", re.sub(r"exp\(.*?\)", "", row.asks))
        and left is not None
    ):
        return [-math.log(left) / row.need("S", "sieving")]
    volumes = row.get("N", "diavolumes") or row.needs_before("diavolumes?")
    kept = float(filtration.diafiltration_left(row.need("S", "sieving"), volumes))
    return row.pick({"(?:fraction |share )?removed": 1 - kept, "(?:fraction |share )?left": kept})


def ultrafiltration(row: Row) -> list[Answer]:
    factor = row.need("VCF", "concentration factor", "volume concentration factor", "factor")
    if not re.search(r"recover|\bleft\b|yield|lost|loss", row.asks):
        raise UnknownError("only the recovery")
    kept = float(filtration.concentration_recovery(row.need("retention", "R"), factor))
    return [1 - kept if re.search(r"lost|loss", row.asks) else kept]


def size_exclusion(row: Row) -> list[Answer]:
    if "ogston" in row.asks:
        return [float(columns.ogston(row.need("rs"), row.need("rf"), row.need("phi")))]
    if "plates" in row.asks and ("half" in row.text or "5.545" in row.text):
        return [columns.plates_from_half_width(row.need("Ve"), row.need("half width", "w_half", "w"))]
    if "plates" in row.asks:
        return [columns.plates_from_base_width(row.need("Ve"), row.need("W", "base width", "width"))]
    if "resolution" in row.asks:
        return [columns.resolution(row.need("V1"), row.need("V2"), row.need("W1"), row.need("W2"))]
    if re.search(r"\bkav\b|\bkd\b|partition", row.asks):
        return [columns.partition(row.need("Ve"), row.need("V0"), row.need("Vt"))]
    if re.search(r"sigma|peak sd", row.asks):
        return [columns.peak_sd(row.need("Ve"), row.need("N", "plates"))]
    if re.search(r"elution|\bve\b", row.asks):
        return [float(columns.elution(row.need("Kav", "Kd"), row.need("V0"), row.need("Vt")))]
    raise UnknownError("no such figure of a column")


def pure(row: Row) -> list[Answer]:
    if re.search(r"protein per|per counted particle", row.asks):
        return [purity.protein_per_particle(row.needs_before("particles/[uµμ]g"))]
    if re.search(r"copies|per copy", row.asks):
        copies = row.before("copies") or row.need("copies")
        if re.search(r"particles? (?:a|per) copy", row.asks):
            return [1 / copies]
        return [copies * (row.before("particles") or row.need("particles", "dose"))]
    d = row.get("d", "diameter") or row.needs_before("nm")
    if re.search(r"inside|interior|lumen|inner", row.asks):
        bilayer = re.search(rf"({NUMBER}) nm (?:bilayer|membrane)", row.text)
        thick = float(bilayer.group(1)) if bilayer else row.need("bilayer", "membrane")
        return [purity.inner_share(d, thick)]
    density = row.before("g/mL", "g/ml") or purity.DENSITY
    share = row.get("protein share", "share") or (1 / 3 if "third" in row.text else 1.0)
    if re.search(r"particles ?(?:/|per) ?[uµμ]g", row.asks):
        return [purity.most_particles_per_ug(d, density, share)]
    if re.search(r"\bmass\b|\bweigh", row.asks):
        return [purity.particle_mass(d, density) * share]
    raise UnknownError("no such figure of purity")


def coincident(row: Row) -> list[Answer]:
    volume = row.before("pL") or (row.before("nL") or 0) * 1e3 or (row.before("fL") or 0) / 1e3
    if not volume:
        raise UnknownError("no volume of the probe")
    if re.search(r"concentration|particles/ml (?:for|below|at)", row.asks):
        percent = re.search(rf"({NUMBER})\s?%", row.text)
        share = float(percent.group(1)) / 100 if percent else row.need("share", "probability")
        return [coincidence.highest_for(share, volume)]
    mean = coincidence.in_probe(row.needs_before("particles/mL", "particles/ml"), volume)
    return row.pick(
        {
            r"(?:share|probability|fraction)[a-z ,-]*(?:coincident|coincidence|more than one|two or more)?"
            r"|coincident[a-z ]*": coincidence.share_coincident(mean),
            r"(?:expected |mean )?(?:number of )?particles[a-z ]*|mean": mean,
        }
    )


def ev_metric(row: Row) -> list[Answer]:
    """Components met of those that apply."""
    found = re.search(r"(\d+) (?:met )?(?:of|out of) (\d+)", row.text)
    if not found:
        raise UnknownError("no '3 of 6' in the inputs")
    return [100 * int(found.group(1)) / int(found.group(2))]


AREAS: dict[str, Callable[[Row], list[Answer]]] = {
    "centrifuge": spin,
    "diffusion": brownian,
    "sieving": sieving,
    "diafiltration": diafiltration,
    "ultrafiltration": ultrafiltration,
    "sec": size_exclusion,
    "purity": pure,
    "coincidence": coincident,
    "ev_metric": ev_metric,
}
