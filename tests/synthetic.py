"""An experiment of plain normal numbers, whose every answer is known."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ningde_sim.studies.experiment import Experiment, Row, Workers

MONTHS = tuple(f"2021-{month:02d}" for month in range(1, 13))

WEIGHTS = {"rate": 3.0, "crews": -1.0, "tea": 0.0}


@dataclass(frozen=True)
class Year(Experiment):
    """Cars of a year, the sum over its months (or one span) of 100 + weights @ inputs + noise.

    Inputs and noise are standard normal; noise is drawn for each month, inputs once a run.
    """

    weights: dict[str, float] = field(
        default_factory=lambda: {"rate": 3.0, "crews": -1.0, "tea": 0.0}
    )
    noise: float = 2.0
    months: tuple[str, ...] = ()
    target: float | None = 100.0
    pause: float = 0.0
    log: str | None = None
    dies_at: int | None = None
    title: str = "synthetic"
    of: str = "cars"
    prefer: Workers = "threads"
    description = "a year"
    notes = ("invented",)
    engine = "numpy"

    @property
    def units(self) -> dict[str, str]:
        return dict.fromkeys([self.of, *(f"{self.of}_{month}" for month in self.months)], "cars")

    @property
    def month_shares(self) -> dict[str, float]:
        return dict.fromkeys(self.months, 1 / max(len(self.months), 1))

    @property
    def content(self) -> dict[str, str]:
        there = {f"weights.{name}": str(w) for name, w in self.weights.items()}
        return {**there, "noise": str(self.noise)}

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr(self.content).encode()).hexdigest()

    def replace(self, changes: Mapping[str, Any], known: Collection[str] = ()) -> Year:
        found = self
        for path, value in changes.items():
            if path not in self.content:
                raise KeyError(path)
            head, _, name = path.partition(".")
            new = {**found.weights, name: value} if name else value
            found = dataclasses.replace(found, **{head: new})
        return found

    def run(self, seed: int, run: int, streams: int | None = None) -> tuple[Row, Row]:
        time.sleep(self.pause)
        if self.log:
            with Path(self.log).open("a") as log:
                log.write(f"{self.digest} {run}\n")
        if run == self.dies_at:
            os._exit(1)
        streams = run if streams is None else streams
        drawn = np.random.default_rng([seed, run, 0]).normal(size=len(self.weights))
        chance = np.random.default_rng([seed, streams, 1]).normal(size=max(len(self.months), 1))
        monthly = 100 + drawn @ np.array([*self.weights.values()]) + self.noise * chance
        inputs = {name: float(x) for name, x in zip(self.weights, drawn, strict=True)}
        columns = {f"{self.of}_{month}": x for month, x in zip(self.months, monthly, strict=False)}
        return inputs, {self.of: float(monthly.sum()), **columns}
