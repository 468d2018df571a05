"""The program that runs a study again and checks its digest."""

from __future__ import annotations

from ningde_sim.studies.cheap_runs import FURTHER
from ningde_sim.studies.study import Study


def program(study: Study) -> str:
    """The text of the program, as in the report."""
    call = study.experiment.call()
    arguments = {
        **call.arguments,
        "runs": study.n,
        "seed": study.seed,
        "target": study.target,
    }
    if study.experiment.cheap(study.seed, FURTHER):
        arguments["control_runs"] = study.cheap.m
    lines = [*call.imports, "", f"what = {call.what}", "study = replicate(", "    what,"]
    lines += [*(f"    {key}={value!r}," for key, value in arguments.items()), ")"]
    if known := study.known:
        months = [float(figure) for figure in known.figures]
        given = f"{months}" if months else f"{float(known.total)}, through={known.months[-1]!r}"
        lines.append(f"study = study.given({given})")
    if study.inputs and not study.repeats:
        lines.append(
            "# The study is a design point of a sweep: the same runs, but without repeats;"
        )
        lines.append(f"# its digest is {study.digest}")
    else:
        lines.append(f'assert study.digest == "{study.digest}"')
    return "\n".join(lines)
