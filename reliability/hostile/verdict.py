"""What is wrong with a run: the promises that it broke, in words."""

from __future__ import annotations

import unicodedata

from hostile.calls import GATE, KEY, SECRETS, TOKEN
from hostile.runs import Outcome
from hostile.steps import Visit

MOST_MEMORY = 40_000_000
"""Bytes over those of a run against a good server."""

MARGIN, BUSY_MARGIN = 15.0, 3.0
"""Seconds over the time limit, for a machine that does other things, too; and of the CPU, which it does not share."""

MOST_PRINTED = 20_000
"""Characters on standard error."""

_NAMES = {TOKEN: "the token", KEY: "the new key", GATE: "the custom header"}
_RAW = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_BUGS = ("Traceback", "unforeseen", "a bug")


def judge(visit: Visit, outcome: Outcome) -> list[str]:
    """The faults of *outcome*, its memory apart."""
    if outcome.code is None:
        return ["did not end"]
    return [
        fault
        for faults in (_judge_time, _judge_end, _judge_words, _judge_secrets, _judge_origins)
        for fault in faults(visit, outcome)
    ]


def is_late(visit: Visit, outcome: Outcome) -> bool:
    """Whether the run did not end, or too late."""
    return outcome.code is None or bool(_judge_time(visit, outcome))


def _judge_time(visit: Visit, outcome: Outcome) -> list[str]:
    faults = []
    if outcome.seconds > visit.seconds + MARGIN:
        faults.append(f"took {outcome.seconds:.1f} s of {visit.seconds:g} s")
    if outcome.busy > visit.seconds + BUSY_MARGIN:
        faults.append(f"took {outcome.busy:.1f} s of the CPU, with a limit of {visit.seconds:g} s")
    return faults


def _judge_end(visit: Visit, outcome: Outcome) -> list[str]:
    faults = []
    if outcome.code not in visit.row.ends:
        faults.append(f"ended with {outcome.code}: {outcome.stderr[-300:]!r}")
    errors = sum(line.startswith("error: ") for line in outcome.stderr.splitlines())
    if errors != (1 if outcome.code else 0):
        faults.append(f"ended with {outcome.code} and {errors} errors: {outcome.stderr[-300:]!r}")
    if (outcome.code == 0) != bool(outcome.stdout) and visit.step.words[0] != "logout":
        faults.append(f"ended with {outcome.code}, and wrote {outcome.stdout[:100]!r}")
    if outcome.code and visit.row.says not in outcome.stderr:
        faults.append(f"did not say {visit.row.says!r}: {outcome.stderr[-300:]!r}")
    return faults


def _judge_words(visit: Visit, outcome: Outcome) -> list[str]:
    said = outcome.stdout + outcome.stderr
    faults = [f"said {bug!r}: {outcome.stderr[-300:]!r}" for bug in _BUGS if bug in said]
    raw = {character for character in said if character != "\n" and unicodedata.category(character) in _RAW}
    if raw:
        faults.append(f"printed the raw characters {sorted(raw)!a}")
    if len(outcome.stderr) > MOST_PRINTED:
        faults.append(f"printed {len(outcome.stderr)} characters on standard error")
    if visit.step.words == ("whoami",) and outcome.stdout.count("\n") > 1:
        faults.append("printed more than a line")
    return faults


def _judge_secrets(visit: Visit, outcome: Outcome) -> list[str]:
    said = (outcome.stdout + outcome.stderr).lower()
    secrets = [secret for secret in SECRETS if visit.step.reads_token or secret != TOKEN]
    return [f"printed {_NAMES[secret]}" for secret in secrets if secret.lower() in said]


def _judge_origins(visit: Visit, outcome: Outcome) -> list[str]:
    """The secrets go to the deployment's origin alone, and the token not before its first answer is a good one."""
    secrets = [secret.lower().encode() for secret in SECRETS]  # in lower case: it may be a part of a host
    told = [heard.origin for heard in outcome.heard if any(secret in heard.head.lower() for secret in secrets)]
    faults = [f"told a secret to {origin}" for origin in told if origin != outcome.own]
    is_early = visit.step.number == 0 and not visit.step.tells_token_first and outcome.code != 0
    if is_early and any(TOKEN.encode() in heard.head for heard in outcome.heard):
        faults.append("told the token before the first answer was a good one")
    return faults
