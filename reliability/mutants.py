"""Mutants: the product with one small change each, which the tests are to find.

python reliability/mutants.py [--operators WORD,WORD] MODULE...    try all of these modules, and tell what survives
"""

from __future__ import annotations

import argparse
import os
import queue
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

assert sys.platform == "linux"

from mutating.bench import Bench
from mutating.line_map import load_map
from mutating.lists import (
    find_stale,
    leave_out_equivalents,
    name_short,
    read_excuses,
    read_sample,
    render_key,
    write_killers,
    write_sample,
)
from mutating.mutation import Mutant
from mutating.product import list_mutants
from mutating.score import choose_sample, count, is_found, judge
from mutating.trial import Court, Verdict, try_tests
from mutating.verdicts import KnownVerdicts
from result import Result

ABOUT = """\
A mutant is the product with one small change: a statement that is gone, a condition that always holds, a number that is
one more. The suite is run against it; a mutant that no test finds shows what no test holds. The long form tries every
mutant of the binding, of the session stores, of the deployment package, and of what joins them. For a mutant those
tests are run that reach its function, the likeliest first, 15 seconds of them at most. What an operator makes, and what
it leaves alone, is in `reliability/mutating/`; `excused.toml` there has those that are not found, each with its reason.
A mutant in what only another system runs is counted apart when no test with a fake finds it: those of Windows are tried
there, in a part of their own. The quick form tries a fixed sample with the tests that have found it (`sample.toml`, of
the long form's making).
"""

BENCHES = 2  # what takes long waits: for a timeout of a mutant's, or for the end of one that goes on for ever


def run(*, long: bool) -> Result:
    mutants = list_mutants()
    return try_long(mutants) if long else try_quick(mutants)


def try_long(mutants: Sequence[Mutant]) -> Result:
    excuses = read_excuses()
    tried = leave_out_equivalents(mutants, excuses)
    with ExitStack() as benches:
        verdicts, red = try_all(tried, benches)
    write_sample(choose_sample(verdicts))
    write_killers({name_short(mutant): verdict.killer for mutant, verdict in verdicts.items() if is_found(verdict)})
    faults = [*find_stale(excuses, mutants), *(f"fails without any mutant: {test}" for test in red)]
    return judge(mutants, verdicts, excuses, faults)


def try_all(mutants: Sequence[Mutant], stack: ExitStack) -> tuple[dict[Mutant, Verdict], list[str]]:
    """The verdict of each, and the tests that fail without any; on BENCHES for each processor that we may use."""
    benches = [stack.enter_context(Bench()) for _ in range(BENCHES * len(os.sched_getaffinity(0)))]
    test_map = load_map(benches[0])
    known = KnownVerdicts()
    court = Court(test_map, known)
    verdicts = {mutant: verdict for mutant in mutants if (verdict := known.find(mutant))}
    print(f"{len(mutants)} mutants, {len(verdicts)} of them known", flush=True)
    for mutant, verdict in try_each([mutant for mutant in mutants if mutant not in verdicts], court, benches):
        verdicts[mutant] = verdict
        known.note(mutant, verdict)
        if not is_found(verdict) and not mutant.elsewhere:
            print(f"{verdict.outcome}: {mutant}", flush=True)
    return verdicts, test_map.red


def try_each(mutants: Sequence[Mutant], court: Court, benches: Sequence[Bench]) -> Iterator[tuple[Mutant, Verdict]]:
    free: queue.SimpleQueue[Bench] = queue.SimpleQueue()
    for bench in benches:
        free.put(bench)

    def try_one(mutant: Mutant) -> Verdict:
        bench = free.get()
        try:
            return court.try_mutant(bench, mutant)
        finally:
            free.put(bench)

    with ThreadPoolExecutor(len(benches)) as pool:
        yield from zip(mutants, pool.map(try_one, mutants), strict=True)


def try_quick(mutants: Sequence[Mutant]) -> Result:
    """The sample. A mutant that has gone with its line is passed over; the long form chooses another one."""
    sample, there = read_sample(), {mutant.key: mutant for mutant in mutants}
    verdicts = {}
    with Bench() as bench:
        for mutant, tests in [(there[key], tests) for key, tests in sample.items() if key in there]:
            with bench.mutated(mutant):
                verdicts[mutant] = try_tests(bench.run_tests, tests, {}) or Verdict("untried")
    return count(sample, verdicts)


def main() -> None:
    parser = argparse.ArgumentParser(description="Try every mutant of MODULES, and tell what survives.")
    parser.add_argument("modules", nargs="+", metavar="MODULE")
    parser.add_argument("--operators", default="", help="only these, with commas between them")
    parser.add_argument("--entries", action="store_true", help="tell the survivors as entries of excused.toml")
    given = parser.parse_args()
    excuses, operators = read_excuses(), given.operators.split(",")
    mutants = [mutant for mutant in list_mutants() if mutant.path in given.modules and mutant.key not in excuses]
    with ExitStack() as benches:
        chosen = [mutant for mutant in mutants if not given.operators or mutant.change.operator in operators]
        verdicts, _ = try_all(chosen, benches)
    survivors = [mutant for mutant in chosen if not is_found(verdicts[mutant]) and not mutant.elsewhere]
    for mutant in survivors if given.entries else []:
        print("\n".join(["[[survives]]", *render_key(mutant), 'reason = ""', ""]))
    print(f"{len(survivors)} of {len(chosen)} survive")


if __name__ == "__main__":
    main()
