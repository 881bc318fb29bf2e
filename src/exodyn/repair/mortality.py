"""Mortality: a cumulative hazard; a patient is dead once it passes the patient's own threshold."""

from exodyn.symbolic import Parameter, Process, Quantity, Reads, State, exp


class Mortality(Process):
    """Two causes: the swollen brain of the first weeks, and what follows from being disabled.

    In untreated patients 13% were dead at 2 weeks, 20% at 3 months and 28% at a year in one trial (NINDS),
    2.9% at 90 days and 9.8% at a year in another with milder, later included patients (TREASURE). The early
    hazard follows the open barrier, the late one stays; both rise with the deficit up to a
    ceiling, as a logistic curve (the most severe strokes do not all kill), and with age.
    """

    leak = Reads("1", "leak of the barrier, untreated maximum about 1")
    deficit = Reads("points", "deficit, in points of the severity scale")

    age = Parameter("year", "age")
    age_center = Parameter("year", "age that the hazards are given for")
    age_slope = Parameter("1/year", "rise of the log hazard with age")
    deficit_center = Parameter("points", "deficit at which the hazards reach half of their ceiling")
    early_slope = Parameter("1/points", "rise of the log odds of the early hazard with the deficit")
    late_slope = Parameter("1/points", "rise of the log odds of the late hazard with the deficit")
    early_hazard = Parameter("1/d", "ceiling of the early hazard, at full leak")
    late_hazard = Parameter("1/d", "ceiling of the late hazard")

    hazard = State("1", "cumulative hazard of death", start=0)
    early = Quantity("1/d", "hazard of the first weeks")
    late = Quantity("1/d", "hazard that stays")

    early.value = early_hazard * leak / (1 + exp(early_slope * (deficit_center - deficit)))
    late.value = late_hazard / (1 + exp(late_slope * (deficit_center - deficit)))
    hazard.rate = (early + late) * exp(age_slope * (age - age_center))
