"""Figures that the descriptions of open data sets state, computed again from the files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exodyn.evidence.meta import log_ratio, pool


@pytest.fixture(scope="module")
def ist(shared_datasets: Path) -> pd.DataFrame:
    """International Stroke Trial (Sandercock and others 2011, 10.1186/1745-6215-12-101; ODC-By)."""
    return pd.read_csv(shared_datasets / "stroke_ist" / "ist.csv", low_memory=False)


def percent(rows: pd.Series) -> float:
    return 100 * float(rows.mean())


def test_deaths_within_14_days(ist: pd.DataFrame) -> None:
    """8.97% with aspirin, 9.36% without; 9.02% with heparin, 9.31% without; as published (Lancet 1997)."""
    aspirin, heparin = ist["rxasp"] == "Y", ist["rxhep"] != "N"
    dead = ist["id14"] == 1
    found = [percent(dead[arm]) for arm in (aspirin, ~aspirin, heparin, ~heparin)]
    assert found == pytest.approx([8.97, 9.36, 9.02, 9.31], abs=0.006)
    assert int(dead.sum()) == 1781
    early = (ist["ddead"] == "Y") & (ist["ddeadd"] <= 14)
    assert int(early.sum()) == 1686  # deaths after discharge stand elsewhere


def test_dead_or_dependent_at_six_months(ist: pd.DataFrame) -> None:
    known = ist[ist["occode"].isin([1, 2, 3, 4])]
    aspirin, heparin = known["rxasp"] == "Y", known["rxhep"] != "N"
    bad = known["occode"] <= 2
    found = [percent(bad[arm]) for arm in (aspirin, ~aspirin, heparin, ~heparin)]
    assert found == pytest.approx([62.25, 63.50, 62.89, 62.86], abs=0.006)
    neither = known[~aspirin & ~heparin]["occode"]
    assert len(neither) == 4828
    shares = [percent(neither == code) for code in (1, 2, 3, 4)]
    assert shares == pytest.approx([21.9, 41.5, 20.1, 16.5], abs=0.06)


def test_length_of_stay(shared_datasets: Path) -> None:
    """REML -15.106 (8.947), tau2 684.6; DerSimonian-Laird -13.98 (5.13), tau2 205.4."""
    rows = pd.read_csv(shared_datasets / "stroke_length_of_stay_meta" / "normand1999.csv")
    difference = rows["m1i"] - rows["m2i"]
    variance = rows["sd1i"] ** 2 / rows["n1i"] + rows["sd2i"] ** 2 / rows["n2i"]
    for method, stated in (("REML", (-15.106, 8.947, 684.6)), ("DL", (-13.98, 5.13, 205.4))):
        found = pool(difference, variance, method=method, hartung_knapp=False)
        digits = (6e-4, 6e-4, 0.06) if method == "REML" else (6e-3, 6e-3, 0.06)
        for value, figure, digit in zip(
            (found.estimate[0], found.se[0], found.tau2), stated, digits, strict=True
        ):
            assert value == pytest.approx(figure, abs=digit)


def test_steroids_after_head_injury(shared_datasets: Path) -> None:
    """One large trial (CRASH, 10.1016/S0140-6736(04)17188-2) reverses the sum of the small ones."""
    rows = pd.read_csv(shared_datasets / "tbi_steroid_trials" / "crash_meta.csv")
    events, n = rows["event.steroid"], rows["n.steroid"]
    others, m = rows["event.control"], rows["n.control"]
    crash = rows["study"].str.contains("CRASH").to_numpy()
    effect, variance = log_ratio(events, n, others, m, kind="RR")
    assert float(np.exp(effect[crash][0])) == pytest.approx(1.177, abs=6e-4)
    assert float(np.sqrt(variance[crash][0])) == pytest.approx(0.0409, abs=6e-5)
    haenszel = (events * m / (n + m)).sum() / (others * n / (n + m)).sum()
    assert haenszel == pytest.approx(1.118, abs=6e-4)
    dead = (events + others > 0).to_numpy()
    # The stated figure is DerSimonian and Laird's, with a half added to events and patients of every arm.
    a, b, n1, n2 = (each.to_numpy()[~crash & dead] + 0.5 for each in (events, others, n, m))
    small = pool(np.log(a / n1 * n2 / b), 1 / a - 1 / n1 + 1 / b - 1 / n2, method="DL", hartung_knapp=False)
    assert len(a) == 15
    assert (small.estimate[0], small.se[0]) == pytest.approx((-0.057, 0.070), abs=6e-4)
    assert len(rows) == 17 and int(np.sum(~dead)) == 1


def test_recovery_of_the_arm(shared_datasets: Path) -> None:
    """Acute: gain at 6 months against what is missing at baseline, slope 0.62 (n 31)."""
    rows = pd.read_csv(shared_datasets / "stroke_fma_specs" / "fma_long.csv")
    wide = rows.pivot_table(index=["study", "patient"], columns="visit", values="fma_ue")
    acute = wide.loc["acute"].dropna(subset=["baseline", "m06"])
    missing, gain = 66 - acute["baseline"], acute["m06"] - acute["baseline"]
    assert len(acute) == 31
    assert float((missing * gain).sum() / (missing**2).sum()) == pytest.approx(0.62, abs=0.006)
    chronic = wide.loc["chronic"]
    # The stated gain is of the means of 63 patients and of the 60 who came back; within those 60 it is 3.8.
    assert chronic["w12"].mean() - chronic["baseline"].mean() == pytest.approx(3.7, abs=0.06)
    assert (chronic["w12"] - chronic["baseline"]).mean() == pytest.approx(3.8, abs=0.06)
    first = rows[(rows["study"] == "acute") & (rows["visit"] == "baseline")]
    control = first["arm"].str.startswith("c")
    means = first.groupby(control)["fma_ue"].mean()
    assert (means[True], means[False]) == pytest.approx((27.7, 37.0), abs=0.06)
    assert rows.groupby("study")["patient"].nunique().sum() == 222
    assert len(rows) == 837


def test_classes_of_disability(shared_datasets: Path) -> None:
    """Each distribution of the modified Rankin scale sums to 1."""
    rows = pd.read_csv(shared_datasets / "stroke_mrs_distributions" / "mrs_dist.csv")
    assert rows.filter(like="mrs").sum(axis=1).to_numpy() == pytest.approx(np.ones(len(rows)), abs=1e-3)
