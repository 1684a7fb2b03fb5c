"""Runs the conformance scripts, each against a `sluice sandbox` of its own, and counts their checks.

Usage: runner.py --sluice=BINARY [SUITE...]

One line per check on stdout, `ok   SUITE: CHECK` or `FAIL SUITE: CHECK`; then how many of a client's calls were made
(`calls SUITE: ...`) and what was left out and why (`omits SUITE: ...`), as far as the suites tell; `N passed, N failed` at
the end. Reasons go to stderr. Exits with 1 unless every check passed and there was at least one.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
# The script of each suite. Those in JavaScript run with Node.js and the packages of package.json.
SUITES = {
    "admin": "admin_test.py",
    "disruptive": "disruptive_test.py",
    "disruptive_wire": "disruptive_wire_test.py",
    "disruptive_filters": "disruptive_filters_test.py",
    "feed": "feed_test.py",
    "feed_js": "feed_js_test.cjs",
    "feed_wire": "feed_wire_test.py",
    "inthing": "inthing_test.py",
    "inthing_wire": "inthing_wire_test.py",
    "pages": "pages_test.py",
}

# Nothing happens but what a check asks for, and history is there soon. The clients' own limits stay out of the way
# of a fast run, but for inthing's, which its script looks at.
SANDBOX_OPTIONS = ("--devices=120", "--rate=0", "--history-delay=0.2", "--no-rate-limit")

SECONDS_TO_START = 30
SECONDS_TO_STOP = 15
SECONDS_PER_SUITE = 300


class Sandbox:
    """A running `sluice sandbox` on free ports."""

    def __init__(self, binary, directory):
        self._log = open(directory / "sandbox.log", "wb+")
        self._process = subprocess.Popen(
            [binary, "sandbox", *SANDBOX_OPTIONS], stdout=subprocess.PIPE, stderr=self._log, text=True)
        timer = threading.Timer(SECONDS_TO_START, self._process.kill)
        timer.start()
        line = self._process.stdout.readline()
        timer.cancel()
        self.ready = json.loads(line) if line else None

    def stop(self):
        """Returns what was wrong with it, or nothing."""
        self._process.terminate()
        try:
            status = self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return f"the sandbox did not stop within {SECONDS_TO_STOP} s"
        if self.ready is None:
            return "the sandbox did not start"
        return f"the sandbox ended with status {status}" if status != 0 else ""

    def log(self):
        self._log.seek(0)
        return self._log.read().decode(errors="replace")


def client_environment(binary, ready, directory):
    """How each client is pointed at the sandbox, as far as it reads its environment; the rest is in the scripts."""
    own = ("DT_", "INTHING_", "STREAM_")
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(own) and name != "LOCAL" and not name.lower().endswith("_proxy")
    }
    credentials = directory / "credentials.json"
    credentials.write_text(json.dumps(ready["disruptive"]["credentials"]), encoding="utf-8")
    environment["DT_CREDENTIALS_FILE"] = str(credentials)
    environment["INTHING_URL"] = ready["inthing"]["base_url"]
    environment["SLUICE_SANDBOX"] = json.dumps(ready)
    environment["SLUICE_BINARY"] = os.path.abspath(binary)
    return environment


def run_script(suite, environment, summary):
    """Returns (checks passed, checks failed, what went wrong besides); lines for the end go to `summary`."""
    script = HERE / SUITES[suite]
    interpreter = sys.executable if script.suffix == ".py" else "node"
    process = subprocess.Popen([interpreter, script], stdout=subprocess.PIPE, text=True, env=environment)
    late = threading.Event()

    def end():
        late.set()
        process.kill()

    timer = threading.Timer(SECONDS_PER_SUITE, end)
    timer.start()
    passed = failed = 0
    try:
        for line in process.stdout:
            if line.startswith(("calls ", "omits ")):
                summary.append(line)
                continue
            print(line, end="", flush=True)
            passed += line.startswith("ok   ")
            failed += line.startswith("FAIL ")
    finally:
        timer.cancel()
        process.kill()  # Only where this loop was left by an exception: at the end of stdout it ends by itself.
        status = process.wait()
    if late.is_set():
        return passed, failed, f"the script did not end within {SECONDS_PER_SUITE} s"
    if passed + failed == 0 or (status == 0) != (failed == 0):
        return passed, failed, f"the script ended with status {status}"
    return passed, failed, ""


def run_suite(binary, suite, summary):
    """Returns (checks passed, checks failed)."""
    with tempfile.TemporaryDirectory(prefix="sluice-conformance-") as name:
        directory = pathlib.Path(name)
        sandbox = Sandbox(binary, directory)
        passed = failed = 0
        troubles = []
        try:
            if sandbox.ready is not None:
                environment = client_environment(binary, sandbox.ready, directory)
                passed, failed, trouble = run_script(suite, environment, summary)
                troubles.append(trouble)
        finally:
            troubles.append(sandbox.stop())
        for trouble in filter(None, troubles):
            failed += 1
            print(f"FAIL {suite}: {trouble}", flush=True)
        if failed:
            print(f"The sandbox's log of {suite}:\n{sandbox.log()}", file=sys.stderr, flush=True)
        return passed, failed


def main():
    parser = argparse.ArgumentParser(description="Runs the official clients against a sandbox.")
    parser.add_argument("--sluice", required=True, help="the binary")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help=", ".join(SUITES))
    arguments = parser.parse_args()
    unknown = set(arguments.suites) - set(SUITES)
    if unknown:
        parser.error(f"no suite {', '.join(sorted(unknown))}; the suites are {', '.join(SUITES)}")
    passed = failed = 0
    summary = []
    for suite in arguments.suites or SUITES:
        suite_passed, suite_failed = run_suite(arguments.sluice, suite, summary)
        passed += suite_passed
        failed += suite_failed
    print("".join(summary), end="")
    print(f"{passed} passed, {failed} failed", flush=True)
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
