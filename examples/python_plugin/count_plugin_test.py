"""What the source `count` emits, and from where; sluice is not needed for it.

Usage: python3 count_plugin_test.py
"""

import unittest

import sluice_plugin
from count_plugin import CountSource


def emitted(checkpoint):
    """The ids behind a checkpoint, and the last checkpoint."""
    ids = []
    for events, checkpoint in CountSource(CountSource.config_type(events=250)).emissions(checkpoint):
        ids += [event.id for event in events]
    return ids, checkpoint


class CountSourceTest(unittest.TestCase):
    def test_emits_each_event_once(self):
        ids, checkpoint = emitted(None)
        self.assertEqual(len(set(ids)), 250)
        self.assertEqual(len(ids), 250)
        self.assertEqual(checkpoint, b"250")

    def test_goes_on_behind_a_checkpoint_with_the_same_ids(self):
        every, _ = emitted(None)
        self.assertEqual(emitted(b"100")[0], every[100:])
        self.assertEqual(emitted(b"250")[0], [])

    def test_needs_a_number(self):
        with self.assertRaises(sluice_plugin.ConfigError) as raised:
            CountSource(CountSource.config_type())
        self.assertEqual(raised.exception.field, "events")


if __name__ == "__main__":
    unittest.main()
