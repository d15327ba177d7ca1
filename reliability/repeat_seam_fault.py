"""Repeat one fault of `seam_faults`: python reliability/repeat_seam_fault.py SCENARIO NUMBER KIND, as its report says.

Without a NUMBER and a KIND, list the calls of the scenario, and all its faults that lose something.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # it is not there in a Python with -P

from prove import find_scenario  # first: it lets the modules of the tests be found

# isort: split
from seam_faults import Trial, try_scenario
from seams.scenarios import make_scenarios
from seams.seam import Fault, find_kinds
from seams.world import entered


def main(name: str, number: str = "", kind_name: str = "") -> None:
    with entered() as world:
        scenario = find_scenario({scenario.name: scenario for scenario in make_scenarios(world)}, name)
        trial = Trial(world, scenario)
        if not number:
            print(*enumerate(trial.calls), *try_scenario(world, scenario).faults, sep="\n")
            return
        kind = next(kind for kind in find_kinds(trial.calls[int(number)]) if kind.name == kind_name)
        state, problems = trial.try_fault(Fault(int(number), kind))
        print(f"{state}: {'; '.join(problems) or 'nothing is lost'}", trial.last_run, sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
