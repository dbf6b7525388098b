"""How many small changes of the code do the tests notice? `make mutants` asks."""

from __future__ import annotations

import argparse
import ast
import math
import os
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from hashlib import sha256
from pathlib import Path

from tests.documents import ROOT
from tests.mutation import fresh
from tests.mutation.mutants import Mutant, mutants_of, tree_of
from tests.mutation.survey import UNREACHED, Plan, survey
from tests.mutation.trials import ENDLESS, KILLED, SURVIVED, Trial, held

ROOMS = ("agents", "projections", "schemas")

TESTS = (
    "tests/decisions",
    "tests/projections",
    "tests/wire",
    "tests/scenarios",
    "tests/drafting/test_quoting.py",
    "tests/reading/test_query.py",
    "tests/reading/test_why_metrics.py",
    "tests/intake/test_lines.py",
    "tests/docs/test_reference.py",
    "tests/laws/test_3_exhaustive_folds.py",
    "tests/laws/test_9_registered.py",
)
"""Those that look at the three rooms, and start nothing."""

EQUIVALENT = Path(__file__).with_name("equivalent.toml")


def modules_of(path: str) -> list[str]:
    """The modules under a path, or the one that it is."""
    whole = ROOT / path
    files = [whole] if whole.is_file() else sorted(whole.rglob("*.py"))
    if not files:
        raise SystemExit(f"{path}: no such module or folder")
    return [file.relative_to(ROOT).as_posix() for file in files]


def sample(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """Some mutants by chance; the same ones as long as they exist, whatever else is changed."""
    ranked = sorted(mutants, key=lambda one: sha256(f"{seed} {one.name}".encode()).digest())
    return ranked[:size] if size else ranked


def interval(hits: int, tries: int) -> tuple[float, float]:
    """The 95% interval of a share that was found in a sample, after Wilson."""
    z, share = 1.96, hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    reach = z * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries**2))
    reach /= 1 + z * z / tries
    return middle - reach, middle + reach


def noticed(outcomes: Counter[str]) -> int:
    """How many mutants the tests notice: a suite that never ends fails as well, later."""
    return outcomes[KILLED] + outcomes[ENDLESS]


def equivalents(modules: Sequence[str], names: set[str]) -> set[str]:
    """Mutants that nobody can tell from the code as it is, as far as these modules have any."""
    listed = tomllib.loads(EQUIVALENT.read_text("utf-8")).get("mutant", [])
    here = {one["name"] for one in listed if one["name"].split(" ")[0] in modules}
    if gone := here - names:
        raise SystemExit("\n".join([f"no longer mutants, see {EQUIVALENT.name}:", *sorted(gone)]))
    return here


def tried(options: argparse.Namespace, paths: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """What became of each mutant in the sample, by path."""
    trees = {module: tree_of(ROOT / module) for modules in paths.values() for module in modules}
    every = {
        path: [one for module in modules for one in mutants_of(module, trees[module])]
        for path, modules in paths.items()
    }
    equal = equivalents(list(trees), {one.name for ones in every.values() for one in ones})
    chosen = {path: sample(ones, options.sample, options.seed) for path, ones in every.items()}
    mutants = {one.name: one for ones in chosen.values() for one in ones}
    outcomes = dict.fromkeys(mutants.keys() & equal, EQUAL)
    for path, ones in chosen.items():
        print(f"{path}: {len(ones)} of {len(every[path])} mutants")

    def told(name: str, outcome: str) -> None:
        outcomes[name] = outcome
        if outcome != KILLED:
            print(f"{outcome:9}  line {mutants[name].line:3}  {name}", file=sys.stderr)

    # Whoever uses what a room makes at import may be in another room.
    around = [module for room in ROOMS for module in modules_of(room)]
    plan = Plan(
        [*(options.tests or TESTS), *(("-k", options.k) if options.k else ())],
        {module: trees.get(module) or tree_of(ROOT / module) for module in {*around, *trees}},
        [one for name, one in mutants.items() if name not in outcomes],
        options.examples,
        options.jobs,
        told,
    )
    surveyed = survey(plan)
    if surveyed.failed:
        raise SystemExit("\n".join(["these tests fail as it is:", *surveyed.failed]))
    outcomes |= surveyed.outcomes
    fresh.load(surveyed.modules)
    asked = surveyed.imported
    everything = list(dict.fromkeys(test for tests in asked.values() for test in tests))

    def anew(name: str) -> bool:
        mutant = mutants[name] if name else None
        tree = trees[mutant.path] if mutant else ast.Module([], [])
        return fresh.fails(mutant, tree, asked[name] if name else everything, options.examples)

    def trials() -> Iterator[Trial]:
        # First as it is: if that fails, no failure would mean anything.
        if asked:
            yield "", partial(anew, ""), 10_000.0
        for name, tests in asked.items():
            seconds = 30 + 2 * sum(surveyed.seconds[test] for test in tests)
            yield name, partial(anew, name), seconds

    for name, outcome in held(trials(), options.jobs):
        if name:
            told(name, outcome)
        elif outcome != SURVIVED:
            raise SystemExit("the tests fail in a process that loads everything anew")
    return {path: {one.name: outcomes[one.name] for one in ones} for path, ones in chosen.items()}


EQUAL = "equal"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("paths", nargs="*", default=ROOMS, help="rooms, folders or modules")
    parser.add_argument("--tests", nargs="+", help="folders and files of tests")
    parser.add_argument("-k", help="of these tests only some, as pytest's -k")
    parser.add_argument("--sample", type=int, default=300, help="mutants a path; 0 is all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=20, help="of a property")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    begin = time.monotonic()
    os.chdir(ROOT)
    results = tried(options, {path: modules_of(path) for path in options.paths})
    print(f"\n{'':24} mutants  equal  killed  survived  endless  unreached   score  95%")
    for path, outcomes in results.items():
        n = Counter(outcomes.values())
        counted = len(outcomes) - n[EQUAL]
        low, high = interval(noticed(n), counted) if counted else (0.0, 1.0)
        print(
            f"{path:24} {len(outcomes):7}  {n[EQUAL]:5}  {n[KILLED]:6}  {n[SURVIVED]:8}  "
            f"{n[ENDLESS]:7}  {n[UNREACHED]:9}  {noticed(n) / max(1, counted):6.1%}  "
            f"{low:.1%} to {high:.1%}"
        )
    print(f"seed {options.seed}, {(time.monotonic() - begin) / 60:.0f} minutes")


if __name__ == "__main__":
    if sys.flags.hash_randomization:
        # The order of a set is no chance here.
        os.environ["PYTHONHASHSEED"] = "0"
        again = [sys.executable, "-m", "tests.mutation", *sys.argv[1:]]
        os.execv(sys.executable, again)  # noqa: S606 - this very program
    main()
