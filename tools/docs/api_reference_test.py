#!/usr/bin/python3
"""docs/admin_api_reference.md is what the comments of proto/admin/v1 make, and what they lack is said."""

import difflib
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))
import api_reference  # pylint: disable=wrong-import-position

# Tests run at the root of the tree.
ROOT = pathlib.Path.cwd()

GOOD = """\
syntax = "proto3";
package sluice.admin.v1;

// Rings.
//
// Errors of every call:
//   UNAVAILABLE          the bell is
//                        broken
service BellService {
  // Rings once; a|b. Then it is still. Role: operator.
  //   INVALID_ARGUMENT     too loud
  //   errors of Listen
  rpc Ring(RingRequest) returns (RingResponse);

  // Tells of rings. Role: viewer.
  rpc Listen(RingRequest) returns (stream RingResponse);
}

message RingRequest {
  // From 1
  // to 11.
  int32 loudness = 1;
  map<string, uint64> rooms = 2;
  repeated Tone tones = 3;
  optional string by = 4;
  oneof when {
    string later = 5;
    Nested nested = 6;
  }
  message Nested {}
}

enum Tone {
  TONE_UNSPECIFIED = 0;
  // High.
  DING = 1;
}

// Nothing.
message RingResponse {}
"""


def page(source):
    """The page of a tree with this one file."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / api_reference.FOLDER).mkdir(parents=True)
        (root / api_reference.FOLDER / "bell.proto").write_text(source, encoding="utf-8")
        return api_reference.make(root)


class ApiReferenceTest(unittest.TestCase):
    def test_the_page_is_of_these_comments(self):
        made = api_reference.make(ROOT).splitlines()
        kept = (ROOT / "docs/admin_api_reference.md").read_text(encoding="utf-8").splitlines()
        difference = "\n".join(difflib.unified_diff(kept, made, "docs/admin_api_reference.md", "proto/admin/v1", lineterm="", n=1))
        self.assertEqual(difference, "", "docs/admin_api_reference.md is stale; ./dev docs makes it anew")

    def test_the_page_has_every_call(self):
        text = (ROOT / "docs/admin_api_reference.md").read_text(encoding="utf-8")
        calls = [
            (service.name, method.name)
            for file in api_reference.descriptors(ROOT).file if file.package == api_reference.PACKAGE
            for service in file.service for method in service.method
        ]
        self.assertGreater(len(calls), 20)
        for service, method in calls:
            self.assertIn(f"| [{service}/{method}](#{method.lower()}) | ", text)
            self.assertIn(f"\n### {method}\n", text)

    def test_a_call_has_its_role_its_kind_and_its_errors(self):
        text = page(GOOD)
        self.assertIn("| [BellService/Ring](#ring) | operator | one answer | Rings once; a\\|b |\n", text)
        self.assertIn("| [BellService/Listen](#listen) | viewer | many answers | Tells of rings |\n", text)
        self.assertIn("[RingRequest](#ringrequest) → stream [RingResponse](#ringresponse). Role: **viewer**.\n", text)
        self.assertIn("Rings once; a|b. Then it is still.\n\n- `INVALID_ARGUMENT`: too loud\n- errors of Listen\n", text)
        self.assertIn("Errors of every call:\n\n- `UNAVAILABLE`: the bell is broken\n", text)

    def test_a_message_has_its_fields(self):
        text = page(GOOD)
        self.assertIn("| `loudness` | int32 | From 1 to 11. |\n", text)
        self.assertIn("| `rooms` | map of string to uint64 |  |\n", text)
        self.assertIn("| `tones` | list of [Tone](#tone) |  |\n", text)
        self.assertIn("| `by` | optional string |  |\n", text)
        self.assertIn("| `later` | string | One of `when`. |\n", text)
        self.assertIn("| `nested` | [RingRequest.Nested](#ringrequestnested) | One of `when`. |\n", text)
        self.assertIn("### RingRequest.Nested\n\nHas no fields.\n", text)
        self.assertIn("| `DING` | High. |\n", text)

    def test_what_a_comment_lacks_is_said(self):
        for old, new, message in (
            ("  // Tells of rings. Role: viewer.\n", "", "BellService/Listen has no comment"),
            (" Role: viewer.", "", "BellService/Listen must say once which role"),
            ("Role: viewer.", "Role: nobody.", "BellService/Listen must say once which role"),
            ("// Rings.\n//\n// Errors of every call:\n//   UNAVAILABLE          the bell is\n//                        broken\n", "",
             "BellService has no comment"),
            ("rpc Ring(", "rpc Ringrequest(", "two headings of the reference are called ringrequest"),
        ):
            with self.subTest(message):
                self.assertIn(old, GOOD)
                with self.assertRaisesRegex(api_reference.Incomplete, message):
                    page(GOOD.replace(old, new))

    def test_a_mistake_ends_the_program_with_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / api_reference.FOLDER).mkdir(parents=True)
            (pathlib.Path(folder) / api_reference.FOLDER / "bell.proto").write_text(
                GOOD.replace(" Role: viewer.", ""), encoding="utf-8")
            result = subprocess.run(
                [sys.executable, "-B", api_reference.__file__, folder], check=False, capture_output=True, encoding="utf-8")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"^api_reference: .*bell\.proto: .*\n$")


if __name__ == "__main__":
    unittest.main()
