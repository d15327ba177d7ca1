"""What was found, counted: the table of each form, and what makes it fail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from result import Result

from mutating.lists import Excuse, Key
from mutating.mutation import Mutant
from mutating.trial import Verdict

LEAST, LEAST_OF_MODULE = 97, 92
"""Percent of the mutants that can be told, that must be found."""

SAMPLE_SIZE = 40
MOST_STALE = SAMPLE_SIZE // 4
"""Mutants of the sample that may have gone with their lines."""

COLUMNS = ("module", "mutants", "equivalent", "of other systems", "found", "of them by time", "survived", "%")


def judge(
    chosen: Sequence[Mutant], verdicts: Mapping[Mutant, Verdict], excuses: Mapping[Key, Excuse], faults: Iterable[str]
) -> Result:
    """The result of the long form; *verdicts* has none of those that are equivalent."""
    modules = dict.fromkeys(mutant.path for mutant in chosen)
    rows = [_count_row(path, [mutant for mutant in chosen if mutant.path == path], verdicts) for path in modules]
    total = _count_row("all", chosen, verdicts)
    faults = [
        *faults,
        *(f"survived: {mutant}" for mutant in _find_survivors(chosen, verdicts) if mutant.key not in excuses),
        *(
            f"is found by now, and needs no excuse: {mutant}"
            for mutant, verdict in verdicts.items()
            if mutant.key in excuses and is_found(verdict)
        ),
        *(
            f"{row[0]}: {row[-1]}% are found, of at least {LEAST_OF_MODULE}"
            for row in rows
            if _is_under(row, LEAST_OF_MODULE)
        ),
        *(["too few are found in all"] if _is_under(total, LEAST) else []),
    ]
    reasons = [
        f"- survived: {mutant}: {excuses[mutant.key].reason}"
        for mutant in _find_survivors(chosen, verdicts)
        if mutant.key in excuses
    ]
    return Result(COLUMNS, [*rows, total], faults, ["\n".join(reasons)] if reasons else [])


def count(sample: Mapping[Key, Sequence[str]], verdicts: Mapping[Mutant, Verdict]) -> Result:
    """The result of the quick form."""
    tried = {mutant: verdict for mutant, verdict in verdicts.items() if verdict.outcome != "untried"}
    survived = [mutant for mutant, verdict in tried.items() if not is_found(verdict)]
    stale = len(sample) - len(tried)
    faults = [f"survived: {mutant}, which {sample[mutant.key]} found" for mutant in survived]
    if not sample:
        faults.append("the sample is empty: run the long form, which chooses one")
    if stale > MOST_STALE:
        faults.append(
            f"{stale} of the sample are gone with their lines or tests: run the long form, which chooses anew"
        )
    row = ("a fixed sample", len(sample), len(tried) - len(survived), len(survived), stale)
    return Result(("what", "mutants", "found", "survived", "gone with their lines"), [row], faults)


def choose_sample(verdicts: Mapping[Mutant, Verdict]) -> list[tuple[Mutant, list[str]]]:
    """Mutants for the quick form, of each operator and of as many modules as there is room for."""
    usable = [
        mutant for mutant, verdict in verdicts.items() if verdict.outcome == "killed" and "unit" in verdict.killer
    ]
    usable = sorted((mutant for mutant in usable if "::" in verdicts[mutant].killer), key=lambda mutant: mutant.rank)
    by_operator = {mutant.change.operator: mutant for mutant in reversed(usable)}
    by_module = {mutant.path: mutant for mutant in [*reversed(usable), *by_operator.values()]}
    chosen = list(dict.fromkeys([*by_operator.values(), *by_module.values()]))[:SAMPLE_SIZE]
    return [(mutant, [verdicts[mutant].killer]) for mutant in sorted(chosen, key=lambda mutant: mutant.key)]


def is_found(verdict: Verdict) -> bool:
    return verdict.outcome in ("killed", "timeout")


def _find_survivors(chosen: Sequence[Mutant], verdicts: Mapping[Mutant, Verdict]) -> list[Mutant]:
    lost = [mutant for mutant in chosen if mutant in verdicts and not is_found(verdicts[mutant])]
    return [mutant for mutant in lost if not mutant.elsewhere]


def _count_row(name: str, chosen: Sequence[Mutant], verdicts: Mapping[Mutant, Verdict]) -> tuple[str | int, ...]:
    outcomes = [verdicts[mutant].outcome for mutant in chosen if mutant in verdicts]
    found = [outcome for outcome in outcomes if outcome in ("killed", "timeout")]
    survived = len(_find_survivors(chosen, verdicts))
    elsewhere = len(outcomes) - len(found) - survived
    score = f"{100 * len(found) / (len(found) + survived):.1f}" if found or survived else "-"
    equivalent = len(chosen) - len(outcomes)
    return name, len(chosen), equivalent, elsewhere, len(found), outcomes.count("timeout"), survived, score


def _is_under(row: tuple[str | int, ...], least: int) -> bool:
    return row[-1] != "-" and float(row[-1]) < least
