#!/usr/bin/python3
"""captures.py SLUICE PAGE: what commands print about a real run, put into PAGE.

A page has a place for each capture:

    <!-- capture: status -->
    ```text
    ...
    ```
    <!-- end of capture -->
"""

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time

SECONDS = 120
# What the captures show: devices that speak all the time, and a sink that an operator has paused.
SANDBOX = ("--devices", "5", "--rate", "20", "--seed", "7")
PIPELINE, PAUSED, RUNNING = "demo", "ops", "room-feed"

PLACE = re.compile(r"(<!-- capture: (\w+) -->\n```text\n)(.*?)(```\n<!-- end of capture -->\n)", re.DOTALL)

# A number, with its unit; and what stands in a cell in place of one.
NUMBER = re.compile(r"\d[\d.,:T-]*[kMGT]?(?:/s| (?:ms|s|min|h|d|days)\b)?")
NO_NUMBER = re.compile(r"(?<!\S)(?:-|\?|grows|stalled)(?!\S)")


class Failed(Exception):
    """The run did not come to where it is captured."""


def shape(text):
    """The text without what differs from run to run: numbers and the widths of columns."""
    lines = (re.sub(r" {2,}", "  ", NO_NUMBER.sub("#", NUMBER.sub("#", line))).rstrip() for line in text.splitlines())
    return "\n".join(lines)


def captures_of(page):
    """Name: text, of each capture on a page."""
    return {match[2]: match[3] for match in PLACE.finditer(page)}


def with_captures(page, captures):
    """The page with these captures in their places."""
    places = captures_of(page)
    if places.keys() != captures.keys():
        raise Failed(f"the page has places for {sorted(places)}, the captures are {sorted(captures)}")
    return PLACE.sub(lambda match: match[1] + captures[match[2]] + match[4], page)


@contextlib.contextmanager
def started(arguments, log):
    """A program that says in its first line that it is ready; ended at the end."""
    with open(log, "ab") as errors:
        process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=errors, encoding="utf-8")
        try:
            if not process.stdout.readline():
                raise Failed(f"{arguments[1]} does not start: {log.read_text(encoding='utf-8')[-2000:]}")
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=SECONDS)


class Process:
    """A running process, asked by commands."""

    def __init__(self, sluice, data_dir):
        self.sluice, self.data_dir = sluice, data_dir

    def ask(self, *arguments):
        result = subprocess.run(
            [self.sluice, *arguments, "--data-dir", self.data_dir], check=False, capture_output=True, encoding="utf-8", timeout=SECONDS)
        if result.returncode != 0:
            raise Failed(f"sluice {' '.join(arguments)}: {result.stderr}")
        return result.stdout

    def delivered(self, sink):
        status = json.loads(self.ask("status", "--output", "json"))
        return next(one["delivered"] for one in status["pipelines"][0]["sinks"] if one["name"] == sink)


def wait_until(condition, what):
    """What `condition` gives as soon as that is something."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.1)
    raise Failed(f"it never came to: {what}")


def calm_status(process):
    """What `status` prints while the sink that runs has nothing left over."""
    text = process.ask("status")
    return text if f"  {RUNNING}: backlog" not in text else None


def lively_frame(process):
    """The second look of `top`, which has rates, once something moves."""
    frame = process.ask("top", "--frames", "2").split("\n\nsluice  ")[1]
    moves = re.search(rf"^  {RUNNING} +[1-9]", frame, re.MULTILINE)
    return "sluice  " + frame if moves else None


def capture(sluice):
    """Name: text."""
    # The path of a socket is short.
    with tempfile.TemporaryDirectory(prefix="captures-", dir="/tmp") as folder, contextlib.ExitStack() as stack:
        root = pathlib.Path(folder)
        log = root / "log"
        stack.enter_context(started([sluice, "sandbox", "--write-config", root / "c", *SANDBOX], log))
        stack.enter_context(started([sluice, "run", root / "c/sluice.yaml", "--grace", "1s"], log))
        process = Process(sluice, root / "c/data")
        wait_until(lambda: process.delivered(PAUSED) >= 50, f"{PAUSED} has delivered 50 events")
        process.ask("sinks", "pause", PIPELINE, PAUSED)
        wait_until(lambda: process.delivered(RUNNING) >= 150, f"{RUNNING} has delivered 150 events")
        return {
            "status": wait_until(lambda: calm_status(process), f"{RUNNING} keeps up"),
            "top": wait_until(lambda: lively_frame(process), f"{RUNNING} delivers while top looks"),
        }


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    page = pathlib.Path(sys.argv[2])
    try:
        made = with_captures(page.read_text(encoding="utf-8"), capture(pathlib.Path(sys.argv[1]).absolute()))
    except (Failed, OSError) as error:
        sys.exit(f"captures: {error}")
    page.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
