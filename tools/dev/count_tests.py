"""Prints `N passed, N failed` for one `bazel test`, counting test targets.

Usage: count_tests.py EVENTS STATUS

EVENTS is the file of --build_event_json_file and STATUS the exit status of Bazel. Bazel's own summary leaves out
tests that did not build, and prints nothing at all when a BUILD file is wrong; both are failures here. Exits with 1
unless every test passed and there was at least one.
"""

import json
import sys


def read_events(path):
    try:
        with open(path, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError):
        return []  # Bazel stopped before it wrote any; its exit status tells.


def label_and_kind(event):
    """The target of an event, and the name of its kind."""
    (kind, body), = event["id"].items()
    label = body.get("label", "") if isinstance(body, dict) else ""
    return label, kind


def count(events):
    """Returns (labels of passed tests, labels of all other tests that were asked for)."""
    passed, wanted, skipped = set(), set(), set()
    for event in events:
        label, kind = label_and_kind(event)
        if kind == "targetConfigured" and event.get("configured", {}).get("testSize"):
            wanted.add(label)
        elif kind == "targetCompleted" and event.get("aborted", {}).get("reason") == "SKIPPED":
            skipped.add(label)
        elif kind == "testSummary":
            wanted.add(label)
            if event["testSummary"]["overallStatus"] in ("PASSED", "FLAKY"):
                passed.add(label)
    return passed, wanted - passed - skipped


def main(path, status):
    passed, failed = count(read_events(path))
    for label in sorted(failed):
        print(f"failed: {label}", file=sys.stderr)
    number_failed = len(failed)
    if status != 0 and number_failed == 0:
        number_failed = 1
        print("failed: the build itself, or no test was found; the lines above say which", file=sys.stderr)
    sys.stderr.flush()
    print(f"{len(passed)} passed, {number_failed} failed", flush=True)
    return 0 if passed and number_failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
