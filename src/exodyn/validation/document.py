"""Write the page of results for the docs: skill, held-back misses, figures.

python -m exodyn.validation.document docs
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from exodyn.evidence import select
from exodyn.validation import figures, page
from exodyn.validation.answers import Given
from exodyn.validation.predictors import PREDICTORS
from exodyn.validation.rankin import Shift, shifts
from exodyn.validation.validate import Scored, validate

FEWEST = 5  # records of a forest

TEXT = """# Validation: results

Made by `python -m exodyn.validation.document docs`; [validation](validation.md) says what the columns mean.
{predicted} of {records} records are predicted.

{skill}
Skill is 1 less the ratio of the model's mean interval score to that of a dumb forecast on the same records,
where values are compared: above 0 the model is better.

![Predicted medians with 90% bands against observed values](figures/validation_predicted_observed.svg)

## Distributions of the mRS

The common odds ratio of the observed distribution against the predicted one; above 1 patients did better
than predicted. Arms of 300 and more should lie within 1.15 either way; in smaller ones 1 should lie within
the 95% interval.

{shifts}
![Observed and predicted distributions of the mRS](figures/validation_rankin.svg)

## By study

Held-back numbers where there are any, else all. The dot is the observed value, the line the band, the tick
its median.

{forests}

## Findings of no difference

Their probability, with and without what published studies find beyond the mechanism.

{nulls}
## Misses among held-back records

{misses}
## Not predicted

{reasons}"""


def document(found: Sequence[Scored], folder: Path) -> str:
    """The page in Markdown; its figures go into `folder`/figures."""
    drawn = {"predicted_observed": figures.predicted_observed(found)}
    for name, them in page.by_indication(found).items():
        if len(them) < FEWEST:
            continue
        drawn[f"forest_{name or 'other'}"] = figures.forest(them, name.replace("_", " "))
    arms = shifts(found)
    drawn["rankin"] = figures.rankin(arms)
    (folder / "figures").mkdir(exist_ok=True)
    for name, figure in drawn.items():
        figure.savefig(folder / "figures" / f"validation_{name}.svg", metadata={"Date": None})
    forests = "\n\n".join(f"![{n}](figures/validation_{n}.svg)" for n in drawn if n.startswith("forest"))
    return TEXT.format(
        predicted=sum(one.skipped is None for one in found),
        records=len(found),
        skill=page.table(page.HEADINGS, page.rows(found)),
        shifts=page.table(
            ("arm", "split", "n", "odds ratio (95% interval)", ""), [_row(arm) for arm in arms]
        ),
        forests=forests,
        nulls=page.table(
            ("record", "split", "study", "what", "probability", "by mechanism alone"), page.nulls(found)
        ),
        misses=page.table(
            ("record", "split", "study", "what", "observed", "predicted"),
            [row for row in page.misses(found) if row[1] == "validation"],
        ),
        reasons=page.table(("reason", "records"), [[why, str(count)] for why, count in page.reasons(found)]),
    )


def _row(arm: Shift) -> list[str]:
    ratio = f"{arm.odds_ratio:.2f} ({arm.low:.2f} to {arm.high:.2f})"
    name = " ".join(part for part in (arm.study, arm.group, arm.days) if part)
    return [name, arm.split, f"{arm.n:g}", ratio, "" if arm.right else "**miss**"]


def main() -> None:
    """Predict the whole evidence base and write the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="folder of the docs")
    folder: Path = parser.parse_args().folder
    records = select()
    found = validate(records, PREDICTORS, Given(file=records, threads=2))
    (folder / "validation_results.md").write_text(document(found, folder), encoding="utf-8")


if __name__ == "__main__":
    main()
