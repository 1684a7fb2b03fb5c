"""A sink and a source for sluice: see README.md.

Usage: plugin.py [STUBS]

STUBS is the folder that generate.sh filled; by default `generated` beside this file.
"""

import json
import os
import pathlib
import sys
import time

_HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else str(_HERE / "generated"))

from examples.python_plugin import config_pb2  # noqa: E402  The stubs are on the path only now.
import sluice_plugin  # noqa: E402


class Lines(sluice_plugin.Sink):
    name = "lines"
    summary = "appends events to a file, a line of JSON each"
    config_type = config_pb2.LinesConfig
    timeout_seconds = 10

    def __init__(self, config):
        super().__init__(config)
        if not config.path:
            raise sluice_plugin.ConfigError("path", "a file is needed")

    def start(self):
        self._file = open(self.config.path, "a", encoding="utf-8")

    def stop(self):
        self._file.close()

    def deliver(self, events):
        for event in events:
            line = {"id": event.id, "subject": event.subject, "type": event.type}
            self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        # Delivered means that it is there, whatever happens next.
        os.fsync(self._file.fileno())
        return sluice_plugin.delivered()


class Count(sluice_plugin.Source):
    name = "count"
    summary = "counts to a number, an event each"
    config_type = config_pb2.CountConfig

    _AT_ONCE = 100

    def __init__(self, config):
        super().__init__(config)
        if config.events == 0:
            raise sluice_plugin.ConfigError("events", "must be above 0")

    def emissions(self, checkpoint):
        first = int(checkpoint) if checkpoint else 0
        for begin in range(first, self.config.events, self._AT_ONCE):
            end = min(begin + self._AT_ONCE, self.config.events)
            yield [self._event(number) for number in range(begin, end)], str(end).encode()

    def _event(self, number):
        return sluice_plugin.Event(
            id=f"count-{number}",
            source="//example.com/count",
            type="number",
            subject=f"counter-{number % 10}",
            time_unix_nanos=time.time_ns(),
            datacontenttype="application/json",
            data=json.dumps({"number": number}).encode(),
        )


if __name__ == "__main__":
    sluice_plugin.serve([Lines, Count])
