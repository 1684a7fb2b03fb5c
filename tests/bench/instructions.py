#!/usr/bin/python3
"""Counts the instructions that an event costs in each hot stage, and compares them with what is written down.

Usage: instructions.py --binary=FILE --expected=FILE [--update]

FILE of --binary is //tests/bench:hot_stages, built with -c opt and without -march: valgrind then counts the same on every
machine of this kind. Times differ from run to run by more than most changes to the code; instructions do not. A stage that
needs more than the tolerance of --expected allows, or less, fails: an improvement, too, is written down on purpose, with
--update, so that it cannot be lost again unseen.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COLLECTED_FUNCTION = "CollectedStage"
DEFAULT_TOLERANCE_PERCENT = 5

# Both choose their code by what the processor can do, which valgrind passes on in part. The plain forms are everywhere.
PLAIN_CODE = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-FSRM,-AVX512VL,-AVX512BW",
    "SIMDJSON_FORCE_IMPLEMENTATION": "westmere",
}

TOTAL = re.compile(r"^(?:summary|totals): (\d+)", re.MULTILINE)


class Failure(Exception):
    """Something that a person has to mend; the message says what."""


def parse_total(text):
    """The instructions that a file of callgrind counts."""
    match = TOTAL.search(text)
    if not match:
        raise Failure("callgrind wrote no total; was it stopped?")
    return int(match[1])


def run(command, **options):
    try:
        return subprocess.run(
            command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", **options
        ).stdout
    except FileNotFoundError as error:
        raise Failure(f"{error.filename} is not there; ./dev check instructions installs and builds what is needed") from error
    except subprocess.CalledProcessError as error:
        raise Failure(f"{' '.join(map(str, command))} ended with {error.returncode}:\n{error.stderr}") from error


def count(binary, stage):
    """Instructions per event of a stage."""
    with tempfile.TemporaryDirectory(prefix="sluice-instructions-") as folder:
        out = pathlib.Path(folder, "callgrind.out")
        printed = run(
            [
                "valgrind",
                "--tool=callgrind",
                "--quiet",
                "--collect-atstart=no",
                f"--toggle-collect={COLLECTED_FUNCTION}",
                f"--callgrind-out-file={out}",
                binary,
                stage,
            ],
            env={**os.environ, **PLAIN_CODE},
        )
        total = parse_total(out.read_text(encoding="utf-8"))
    events = int(printed)
    if total == 0 or events == 0:
        raise Failure(f"{stage}: {total} instructions for {events} events; is {COLLECTED_FUNCTION} inlined or stripped?")
    return total / events


def read_expected(path):
    """(instructions per event by stage, tolerance in percent)"""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return (
            {stage: float(value) for stage, value in document["instructions_per_event"].items()},
            float(document["tolerance_percent"]),
        )
    except FileNotFoundError as error:
        raise Failure(f"{path} is not there; --update writes it") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"{path} is not what --update writes: {error!r}") from error


def write_expected(path, counted, tolerance):
    document = {
        "tolerance_percent": tolerance,
        "instructions_per_event": {stage: round(value, 1) for stage, value in counted.items()},
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def compare(counted, expected, tolerance):
    """(lines of a table, whether every stage is as expected)"""
    lines = [f"{'stage':<16} {'instructions/event':>18} {'expected':>10} {'change':>8}"]
    good = True
    for stage in [*counted, *(stage for stage in expected if stage not in counted)]:
        now, before = counted.get(stage), expected.get(stage)
        change, verdict = "", ""
        if before is None:
            verdict = "is not written down"
        elif now is None:
            verdict = "is not a stage any more"
        else:
            percent = (now - before) / before * 100
            change = f"{percent:+.1f} %"
            if percent > tolerance:
                verdict = f"MORE than {tolerance:g} % above"
            elif percent < -tolerance:
                verdict = f"less: more than {tolerance:g} % below"
        good = good and not verdict
        shown_now = "-" if now is None else f"{now:.1f}"
        shown_before = "-" if before is None else f"{before:.1f}"
        lines.append(f"{stage:<16} {shown_now:>18} {shown_before:>10} {change:>8}  {verdict}".rstrip())
    return lines, good


def count_all(binary):
    return {stage: count(binary, stage) for stage in run([binary]).split()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--expected", required=True, type=pathlib.Path)
    parser.add_argument("--update", action="store_true", help="write down what is counted")
    options = parser.parse_args()
    try:
        if options.update:
            counted = count_all(options.binary.resolve())
            write_expected(options.expected, counted, DEFAULT_TOLERANCE_PERCENT)
            print(f"wrote {options.expected}")
            return 0
        expected, tolerance = read_expected(options.expected)
        lines, good = compare(count_all(options.binary.resolve()), expected, tolerance)
    except Failure as error:
        print(f"instructions: {error}", file=sys.stderr)
        return 1
    print("\n".join(lines))
    if not good:
        print(
            "An event costs another number of instructions than what is written down. If that is what the change is for, or a\n"
            "price it is worth, run `./dev check instructions --update` and commit tests/bench/instructions.json with it.",
            file=sys.stderr,
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
