"""What the sink `lines` does with events and configurations; sluice is not needed for it.

Usage: python3 lines_plugin_test.py
"""

import json
import pathlib
import tempfile
import unittest

import sluice_plugin
from lines_plugin import LinesSink


class LinesSinkTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self._path = pathlib.Path(folder.name) / "events.jsonl"

    def test_appends_a_line_for_each_event(self):
        sink = LinesSink(LinesSink.config_type(path=str(self._path)))
        for ids in (["a", "b"], ["c"]):
            sink.start()
            outcome = sink.deliver([sluice_plugin.Event(id=id) for id in ids])
            self.assertEqual(outcome, sluice_plugin.delivered())
            sink.stop()
        lines = self._path.read_text(encoding="utf-8").splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], ["a", "b", "c"])

    def test_needs_a_file(self):
        with self.assertRaises(sluice_plugin.ConfigError) as raised:
            LinesSink(LinesSink.config_type())
        self.assertEqual(raised.exception.field, "path")


if __name__ == "__main__":
    unittest.main()
