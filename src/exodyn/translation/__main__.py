"""Print what the bridge learned, how it does on therapies left out, and what vesicles should expect.

python -m exodyn.translation
"""

from __future__ import annotations

import math

from exodyn.translation.bridge import learn
from exodyn.translation.expect import VESICLES, expect
from exodyn.translation.score import at_equal_coverage, forecasts, frozen, score


def main() -> None:
    """Print the tables of docs/translation.md."""
    bridge = learn()
    posterior = bridge.posterior()
    print("| parameter | prior mean | posterior mean | sd |\n| --- | --- | --- | --- |")
    for name in posterior.draws:
        mean, sd = posterior.mean(name)
        print(f"| {name} | {bridge.prior.mean(name)[0]:.3f} | {mean:.3f} | {sd:.3f} |")
    found = forecasts(bridge)
    print("\nfrozen:", *(f"{name} {frozen(them)[:16]}" for name, them in found.items()))
    print("\n| row | therapy | printed | median | 90% band | inside | P(success) | succeeded |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for f in found["bridge"]:
        printed = "" if f.outcome is None else f"{math.exp(f.outcome):.2f}"
        band = f"{math.exp(f.low):.2f} to {math.exp(f.high):.2f}"
        inside = {True: "yes", False: "**no**", None: ""}[f.inside]
        row = (
            f.record,
            f.therapy,
            printed,
            f"{math.exp(f.median):.2f}",
            band,
            inside,
            f"{f.probability:.2f}",
        )
        print("|", " | ".join((*row, "yes" if f.succeeds else "no")), "|")
    print("\n| forecaster | inside | exact 95% | width | interval score | Brier | log score ", end="")
    print("| at equal coverage: inside | width | interval score |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, them in found.items():
        s = score(name, them)
        low, high = s.coverage_interval
        print(
            f"| {name} | {s.inside} of {s.numbers} | {low:.2f} to {high:.2f} | {s.width:.2f} "
            f"| {s.interval_score:.2f} | {s.brier:.3f} | {s.log_score:.3f} ",
            end="",
        )
        same = score(name, at_equal_coverage(them))
        print(f"| {same.inside} of {same.numbers} | {same.width:.2f} | {same.interval_score:.2f} |")
    print(
        "\n| vesicles in | rodents, % | odds ratio in man | 90% | P(any benefit) | P(works) | P(positive) |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for indication in VESICLES:
        e = expect(bridge, indication)
        trials = ", ".join(f"{n}: {p:.2f}" for n, p in zip(e.patients, e.positive, strict=True))
        band = f"{e.lo90:.2f} to {e.hi90:.2f}"
        print(
            f"| {indication} | {e.animal:.0f} | {e.odds_ratio:.2f} | {band} | {e.benefit:.2f} "
            f"| {e.works:.2f} | {trials} |"
        )


if __name__ == "__main__":
    main()
