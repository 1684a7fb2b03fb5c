"""The client `inthing` against the emulated inthing.io. INTHING_URL tells it where that is."""

import contextlib
import io
import pathlib
import re
import tempfile
import unittest
import urllib.parse

import inthing
from inthing import errors
from PIL import Image

import checks

SERVICE = checks.READY["inthing"]


def claimed_stream(password=SERVICE["password"]):
    """The stream that the sandbox has from the start; it asks for a password."""
    return inthing.Stream(SERVICE["stream"], password=password)


class Package(unittest.TestCase):
    def test_the_client_is_the_published_one(self):
        checks.check_unmodified("inthing", inthing)


class Streams(unittest.TestCase):
    def test_creates_a_stream_without_owner_or_password(self):
        stream = inthing.Stream.new()
        self.assertRegex(stream.id, r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertIsNone(stream.password)
        self.assertEqual(stream.url, f"{SERVICE['base_url']}/s/{stream.id}/")

    def test_creates_a_new_stream_each_time(self):
        self.assertNotEqual(inthing.Stream.new().id, inthing.Stream.new().id)

    def test_shows_posts_on_the_page_of_their_stream(self):
        stream = inthing.Stream.new()
        for number in range(3):
            stream.text("Hello", title=f"Post {number} of three")
        page = checks.read_page(stream.url)
        self.assertEqual(re.findall(r"Post \d of three", page), [f"Post {number} of three" for number in (2, 1, 0)])


class Posting(unittest.TestCase):
    def check_posted(self, result, *texts):
        page = checks.read_page(result.url)
        for text in texts:
            self.assertIn(text, page)

    def test_posts_a_text_to_a_new_stream(self):
        result = inthing.Stream.new().text("Grüße & *thanks*\n= 100%", title="A + B")
        self.check_posted(result, "A + B", "Grüße &amp; <em>thanks</em>", "= 100%")

    def test_posts_a_code_to_a_new_stream(self):
        program = io.StringIO("if a < b:\n    print('x')\n")
        result = inthing.Stream.new().code(program, language="python", title="Program")
        self.check_posted(result, "Program", "if a &lt; b:")

    def test_posts_a_text_to_a_stream_with_password(self):
        result = claimed_stream().text("It rains", title="Weather", priority=1)
        self.check_posted(result, "Weather", "It rains", "Important")

    def test_posts_a_code_to_a_stream_with_password(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "main.c"
            path.write_text("int main() {}\n", encoding="utf-8")
            self.check_posted(claimed_stream().code(str(path), description="An example"), "int main() {}", "An example")

    def test_posts_to_a_stream_by_its_address(self):
        path = urllib.parse.urlsplit(SERVICE["url"]).path
        for name in (SERVICE["url"], path, path.strip("/"), f"https://www.inthing.io{path}"):
            with self.subTest(name=name):
                self.check_posted(inthing.Stream(name, password=SERVICE["password"]).text("Found", title=name), "Found")

    def test_posts_a_picture(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "red.png"
            Image.new("RGB", (4, 4), "red").save(path)
            result = inthing.Stream.new().image(str(path), description="All red", title="Picture")
        self.check_posted(result, "Picture", "All red", "<img")

    def test_posts_what_a_program_prints(self):
        with contextlib.redirect_stdout(io.StringIO()):
            with inthing.Stream.new().capture(title="Output") as capture:
                print("line one")
        self.assertEqual(capture.text, "line one\n")
        self.check_posted(capture.result, "Output", "line one")

    def test_names_the_poster(self):
        self.check_posted(inthing.Stream(inthing.Stream.new().id, generator="tests of mine").text("x"), "tests of mine")


class Refusals(unittest.TestCase):
    def refused_fields(self, post):
        with self.assertRaises(errors.EventFail) as refusal:
            post()
        self.assertEqual(refusal.exception.result["status"], "fail")
        return refusal.exception.result["field_errors"]

    def test_refuses_a_wrong_password(self):
        stream = claimed_stream(password="wrong")
        self.assertEqual(self.refused_fields(lambda: stream.text("x")), {"password": ["password failed"]})

    def test_refuses_a_missing_password(self):
        stream = claimed_stream(password=None)
        fields = self.refused_fields(lambda: stream.text("x"))
        self.assertEqual(fields, {"password": ["this stream requires a password"]})

    def test_refuses_an_unknown_stream(self):
        stream = inthing.Stream("4d9f242c-0805-11e6-8d28-fb90f1f704e0")
        self.assertEqual(self.refused_fields(lambda: stream.text("x")), {"stream": ["stream does not exist"]})

    def test_refuses_a_post_without_a_title(self):
        stream = inthing.Stream.new()
        self.assertEqual(self.refused_fields(lambda: stream.text("x", title="")), {"title": ["This field is required"]})

    def test_prints_what_was_wrong(self):
        with self.assertRaises(errors.EventFail) as refusal:
            claimed_stream(password="wrong").text("x")
        with contextlib.redirect_stderr(io.StringIO()) as printed:
            refusal.exception.print_error()
        self.assertEqual(printed.getvalue(), "failed to validate\n * password - password failed\n")

    def test_limits_posts_to_ten_a_minute(self):
        stream = inthing.Stream.new()
        with self.assertRaises(errors.RateLimited) as refusal:
            for number in range(21):  # Minutes are the clock's: one may begin in between.
                stream.text("x", title=f"Post {number}")
        self.assertGreaterEqual(number, 10)
        self.assertIn("10 events a minute", str(refusal.exception))

    def test_says_that_an_answer_makes_no_sense(self):
        checks.fail_next("inthing", 500)
        with self.assertRaises(errors.BadResponse):
            claimed_stream().text("x")

    def test_says_that_the_service_is_out_of_reach(self):
        checks.control("/faults", {"service": "inthing", "kind": "cut", "count": 1})
        with self.assertRaises(errors.ConnectivityError):
            claimed_stream().text("x")


if __name__ == "__main__":
    checks.main()
