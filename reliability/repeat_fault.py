"""Do one run of the part `faults` again, and tell how it ended: python reliability/repeat_fault.py SCENARIO CALL NUMBER
FAULT, as a fault that was found names them; with SCENARIO alone, list its calls."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # it is not there in a Python with -P

from prove import find_scenario  # first: it lets the modules of the tests be found

# isort: split
from faulting.prover import Enumerated, Prover, Tried
from faulting.scenarios import make_scenarios


def main() -> int:
    scenario, *which = sys.argv[1:]
    chosen = find_scenario(make_scenarios(), scenario)
    with Prover(1) as prover:
        found = prover.enumerate(chosen)
        if not which:
            print(*found.calls, sep="\n")
            return 0
        tried = _try(prover, found, *which)
    print(tried, tried.outcome.state, tried.outcome.log, sep="\n")
    return 1 if tried.flaws else 0


def _try(prover: Prover, found: Enumerated, name: str, number: str, fault: str) -> Tried:
    call = next(call for call in found.calls if (call.name, call.number) == (name, int(number)))
    return prover.try_fault(found, call, fault)


if __name__ == "__main__":
    sys.exit(main())
