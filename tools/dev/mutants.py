"""Puts deliberate faults into a copy of the tree, one after the other, and sees whether the tests find them.

Usage: mutants.py --root=DIR --work=DIR [NAME ...]

Each file of tests/mutants is one fault: first lines `Fault: what it does` and `Tests: targets that must find it`, then
the change as a diff. A fault is caught when one of its tests fails. It survives when all of them pass: then what it
breaks is not tested. Exits with 1 unless each one was caught.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import time

# Exit statuses of `bazel test`.
PASSED, TESTS_FAILED = 0, 3


class Mutant:
    """One file of tests/mutants."""

    def __init__(self, path):
        self.name = path.stem
        self.path = path
        header, _, _ = path.read_text(encoding="utf-8").partition("\n--- ")
        fields = dict(line.split(": ", 1) for line in header.splitlines() if ": " in line)
        self.fault = fields["Fault"]
        self.tests = fields["Tests"].split()


def copy_tree(root, copy):
    """The files that git knows, as they are now; only what changed is touched, so that builds go on from the last."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z"], check=True, stdout=subprocess.PIPE).stdout
    names = {name for name in listed.decode().split("\0") if name}
    for name in names:
        source, target = root / name, copy / name
        if not source.is_file():
            continue
        if target.is_file() and target.read_bytes() == source.read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    for path in copy.rglob("*"):
        if path.is_file() and str(path.relative_to(copy)) not in names:
            path.unlink()


def apply(mutant, copy, *options):
    """Whether the change of the mutant could be made (or, with --reverse, taken back)."""
    result = subprocess.run(["git", "apply", *options, mutant.path], cwd=copy, check=False)
    return result.returncode == 0


def run_tests(targets, copy, work, log):
    """The exit status of Bazel."""
    command = ["bazel", f"--output_base={work / 'bazel'}", "test", "--symlink_prefix=/", "--noshow_progress",
               "--test_output=errors", "--test_timeout=300", "--notest_keep_going", *targets]
    return subprocess.run(command, cwd=copy, stdout=log, stderr=subprocess.STDOUT, check=False).returncode


def verdict(mutant, copy, work, log):
    """What became of one mutant: "caught", or what is wrong."""
    if not apply(mutant, copy):
        return "does not apply"
    try:
        status = run_tests(mutant.tests, copy, work, log)
    finally:
        apply(mutant, copy, "--reverse")
    return {PASSED: "SURVIVED", TESTS_FAILED: "caught"}.get(status, "does not build")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()

    paths = sorted((options.root / "tests/mutants").glob("*.diff"))
    mutants = [mutant for mutant in map(Mutant, paths) if not options.names or mutant.name in options.names]
    unknown = set(options.names) - {mutant.name for mutant in mutants}
    if unknown:
        sys.exit(f"there is no mutant {', '.join(sorted(unknown))} in tests/mutants")
    copy = options.work / "tree"
    copy.mkdir(parents=True, exist_ok=True)
    copy_tree(options.root, copy)
    caught = 0
    with open(options.work / "bazel.log", "wb") as log:
        print("the tests, without any fault: ", end="", flush=True)
        if run_tests(sorted({test for mutant in mutants for test in mutant.tests}), copy, options.work, log) != PASSED:
            sys.exit(f"they fail; {options.work / 'bazel.log'} says where")
        print("passed")
        for mutant in mutants:
            start = time.monotonic()
            result = verdict(mutant, copy, options.work, log)
            caught += result == "caught"
            print(f"{result:15}{mutant.name:28}{time.monotonic() - start:5.0f} s  {mutant.fault}", flush=True)
    print(f"{caught} of {len(mutants)} caught")
    sys.exit(caught != len(mutants))


if __name__ == "__main__":
    main()
