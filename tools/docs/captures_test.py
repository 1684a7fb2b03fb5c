#!/usr/bin/python3
"""captures_test.py SLUICE: docs/operations.md shows what commands print about a run now."""

import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import captures  # pylint: disable=wrong-import-position

SLUICE = pathlib.Path(sys.argv.pop(1)).absolute()
PAGE = pathlib.Path.cwd() / "docs/operations.md"

EXAMPLE = """\
Before.
<!-- capture: one -->
```text
old
```
<!-- end of capture -->
Between.
<!-- capture: two -->
```text
```
<!-- end of capture -->
"""


class CapturesTest(unittest.TestCase):
    def test_the_page_shows_what_is_printed(self):
        shown = captures.captures_of(PAGE.read_text(encoding="utf-8"))
        printed = captures.capture(SLUICE)
        self.assertEqual(shown.keys(), printed.keys())
        self.maxDiff = None
        for name, text in printed.items():
            with self.subTest(name):
                self.assertEqual(
                    captures.shape(shown[name]), captures.shape(text), f"the {name} in docs/operations.md is stale; ./dev docs makes it anew")


class ShapeTest(unittest.TestCase):
    def test_numbers_and_widths_do_not_count(self):
        self.assertEqual(
            captures.shape("  room-feed  20.0/s  0     -     12 s   up 3 min  2026-11-22T19:26:54"),
            captures.shape("  room-feed  1.2k/s  1,234  5 ms  grows  up 2 h    2027-01-02T03:04:05"))
        self.assertEqual(captures.shape("a  12 \n\nb"), "a  #\n\nb")

    def test_words_do(self):
        for one, other in (
            ("ops  0  healthy", "ops  0  paused: by an operator"),
            ("ops  0", "ops  0  0"),
            ("ops  0\n", "ops  0\nfeed  0\n"),
            ("room-feed  0", "roomfeed  0"),
            ("WAITING  OLDEST", "WAITING  DONE IN"),
        ):
            self.assertNotEqual(captures.shape(one), captures.shape(other))


class PageTest(unittest.TestCase):
    def test_only_captures_are_replaced(self):
        made = captures.with_captures(EXAMPLE, {"one": "new\n", "two": "a \\1\n"})
        self.assertEqual(made, EXAMPLE.replace("old\n", "new\n").replace("```text\n```", "```text\na \\1\n```"))
        self.assertEqual(captures.captures_of(made), {"one": "new\n", "two": "a \\1\n"})

    def test_each_capture_has_its_place(self):
        for wrong in ({"one": ""}, {"one": "", "two": "", "three": ""}):
            with self.assertRaisesRegex(captures.Failed, "has places for"):
                captures.with_captures(EXAMPLE, wrong)


if __name__ == "__main__":
    unittest.main()
