"""The sink `lines` for sluice, as a program: see README.md."""

import json
import os

import sluice_plugin
import lines_config_pb2  # A stub, which the line above makes findable.


class LinesSink(sluice_plugin.Sink):
    name = "lines"
    summary = "appends events to a file, a line of JSON each"
    config_type = lines_config_pb2.LinesSinkConfig
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


if __name__ == "__main__":
    sluice_plugin.serve([LinesSink])
