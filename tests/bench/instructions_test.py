#!/usr/bin/python3
"""What instructions.py makes of counts: those that are as expected, more, less, new and gone."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import instructions  # pylint: disable=wrong-import-position


class CompareTest(unittest.TestCase):
    def verdict(self, counted, expected):
        lines, good = instructions.compare(counted, expected, 5)
        return lines[-1], good

    def test_counts_within_the_tolerance_are_good(self):
        for value in (95.1, 100, 104.9):
            line, good = self.verdict({"decode": value}, {"decode": 100})
            self.assertTrue(good, line)

    def test_more_is_not(self):
        line, good = self.verdict({"decode": 106}, {"decode": 100})
        self.assertFalse(good)
        self.assertIn("+6.0 %", line)
        self.assertIn("MORE than 5 % above", line)

    def test_less_has_to_be_written_down_too(self):
        line, good = self.verdict({"decode": 94}, {"decode": 100})
        self.assertFalse(good)
        self.assertIn("-6.0 %", line)

    def test_stages_on_one_side_only_are_named(self):
        line, good = self.verdict({"new": 1}, {})
        self.assertFalse(good)
        self.assertIn("is not written down", line)
        line, good = self.verdict({}, {"old": 1})
        self.assertFalse(good)
        self.assertIn("is not a stage any more", line)

    def test_one_bad_stage_among_good_ones_is_enough(self):
        lines, good = instructions.compare({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 1, "c": 3}, 5)
        self.assertFalse(good)
        self.assertEqual(4, len(lines))


class FilesTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name, "instructions.json")

    def test_what_was_written_is_read_again(self):
        instructions.write_expected(self.path, {"decode": 123.456}, 5)
        self.assertEqual(({"decode": 123.5}, 5.0), instructions.read_expected(self.path))

    def test_a_file_that_is_missing_or_wrong_is_named(self):
        with self.assertRaisesRegex(instructions.Failure, "--update writes it"):
            instructions.read_expected(self.path)
        for text in ("", "[]", "{}", '{"tolerance_percent": 5}', '{"tolerance_percent": 5, "instructions_per_event": {"a": "x"}}'):
            self.path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(instructions.Failure, "instructions.json is not what"):
                instructions.read_expected(self.path)


class CallgrindTest(unittest.TestCase):
    def test_the_total_is_found_in_either_form(self):
        self.assertEqual(1234, instructions.parse_total("events: Ir\nsummary: 1234\n\nfn=(1) x\n1 2\n"))
        self.assertEqual(99, instructions.parse_total("events: Ir\nfn=(1)\ntotals: 99\n"))

    def test_no_total_is_a_failure(self):
        with self.assertRaises(instructions.Failure):
            instructions.parse_total("events: Ir\n")

    def test_a_program_that_fails_or_is_missing_is_told(self):
        with self.assertRaisesRegex(instructions.Failure, "ended with 1"):
            instructions.run(["false"])
        with self.assertRaisesRegex(instructions.Failure, "is not there"):
            instructions.run(["/nonexistent/program"])


class ExpectedTest(unittest.TestCase):
    def test_what_the_tree_writes_down_can_be_read_and_names_every_stage(self):
        expected, tolerance = instructions.read_expected(pathlib.Path(EXPECTED))
        self.assertEqual(set(instructions.run([BINARY]).split()), set(expected))
        self.assertGreater(tolerance, 0)
        self.assertTrue(all(value > 0 for value in expected.values()))


if __name__ == "__main__":
    # The program that lists the stages, and the file of the tree.
    BINARY, EXPECTED = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
