"""The source `count` for sluice, as a program: see README.md."""

import json
import time

import sluice_plugin
import count_config_pb2  # A stub, which the line above makes findable.


class CountSource(sluice_plugin.Source):
    name = "count"
    summary = "counts to a number, an event each"
    config_type = count_config_pb2.CountSourceConfig

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
        # The same number has the same source and id after a restart.
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
    sluice_plugin.serve([CountSource])
