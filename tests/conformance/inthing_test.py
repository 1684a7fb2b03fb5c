"""The client `inthing` against the emulated inthing.io. INTHING_URL tells it where that is."""

import contextlib
import hashlib
import io
import os
import pathlib
import re
import sys
import tempfile
import types
import unittest
import unittest.mock
import urllib.parse

import inthing
import inthing.event
import inthing.jsonrpc
import inthing.rpc
import inthing.stream
import inthing.urls
from inthing import errors
from PIL import Image

import calls
import checks

SERVICE = checks.READY["inthing"]
COMMAND = str(pathlib.Path(sys.prefix) / "bin" / "inthing")
CALLS = calls.of_modules(inthing.event, inthing.errors, inthing.jsonrpc, inthing.rpc, inthing.stream)

# Calls of the client that no check makes.
OUT_OF_SCOPE = {
    "inthing.jsonrpc.Batch.get_result": "cannot be reached: sending a batch raises TypeError in the client",
    "command capture": "crashes on Python 3 before anything is sent",
    "websocket of pages": "the sandbox tells its pages by server-sent events",
}


def stored(stream_id):
    """The events of a stream as the service has them, newest first, without its own notes."""
    events = checks.control(f"/inthing/streams/{stream_id}/events")["events"]
    return [event for event in events if event["type"] != "meta"]


def write_image(directory, name, kind):
    path = pathlib.Path(directory) / name
    Image.new("RGB", (40, 30), "red").save(path, kind)
    return path


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


class Fields(unittest.TestCase):
    """What the service has of a post, field by field."""

    def setUp(self):
        self.stream = inthing.Stream.new()

    def check_stored(self, **fields):
        event = stored(self.stream.id)[0]
        self.assertEqual({name: event[name] for name in fields}, fields)
        return event

    def test_has_the_defaults_of_a_text(self):
        self.stream.text("Hello")
        event = self.check_stored(title="Text", type="text", markup="markdown", priority=0, description="Hello", text="",
                                  generator=self.stream.generator, code_language="", tags=[])
        self.assertTrue(dict(event["headers"])["User-Agent"].startswith("python-requests/"))

    def test_has_every_markup_and_priority(self):
        for number, markup in enumerate(("markdown", "text", "html", "bbcode")):
            self.stream.text("x", markup=markup, priority=number - 1)
            self.check_stored(markup=markup, priority=number - 1)

    def test_has_an_event_as_it_was_made(self):
        event = inthing.Event(title="Büro & \u2603", type="code", priority=-2, markup="bbcode", description="a=b&c+d 100%",
                              text="x = '\t'\r\n", generator="my device")
        result = self.stream.add_event(event)
        self.check_stored(title="Büro & \u2603", type="code", priority=-2, markup="bbcode", description="a=b&c+d 100%",
                          text="x = '\t'\r\n", generator="my device")
        self.assertTrue(result.url.endswith(f"/e/{stored(self.stream.id)[0]['id']}/"))

    def test_has_the_code_of_a_file_and_of_a_path(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "a.py"
            path.write_bytes(b"one\r\ntwo\n")
            self.stream.code(str(path), title="By path", description="why")
            self.check_stored(type="code", title="By path", description="why", text="one\ntwo\n")
            with open(path, "rb") as file:
                self.stream.code(file)
            self.check_stored(title="Code", text="one\r\ntwo\n")

    def test_has_images_byte_for_byte(self):
        with tempfile.TemporaryDirectory() as directory:
            for name, kind, part_type in (("a.jpg", "JPEG", "('image/jpeg', None)"), ("b.png", "PNG", "('image/png', None)"),
                                          ("phöto \"q\".png", "PNG", "('image/png', None)"), ("c.unknown", "GIF", "(None, None)")):
                path = write_image(directory, name, kind)
                result = self.stream.image(str(path))
                image = self.check_stored(title="New Photo", type="image")["image"]
                self.assertEqual(image["name"], name)
                self.assertEqual(image["part_type"], part_type)
                self.assertEqual(image["sha256"], hashlib.sha256(path.read_bytes()).hexdigest())
                self.assertIn("<img", checks.read_page(result.url))

    def test_has_a_screenshot(self):
        def grab_to_file(path):
            Image.new("RGB", (8, 8), "blue").save(path, "JPEG")

        # The package that the client asks for, and does not install, needs a display.
        module = types.ModuleType("pyscreenshot")
        module.grab_to_file = grab_to_file
        with unittest.mock.patch.dict(sys.modules, pyscreenshot=module):
            self.stream.screenshot(description="The desk")
        event = self.check_stored(title="New Screenshot", type="screenshot", description="The desk")
        self.assertEqual(event["image"]["type"], "image/jpeg")

    def test_has_what_was_printed_before_an_exception(self):
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            with self.assertRaises(KeyError), self.stream.capture():
                print("out")
                raise KeyError
            self.check_stored(title="Captured output", type="code", text="out\n")
            with self.stream.capture(stdout=False, stderr=True):
                print("err", file=sys.stderr)
        self.check_stored(title="Captured output", type="code", text="err\n")

    def test_has_hashtags_as_tags(self):
        self.stream.text("#Room_12 is #warm")
        self.check_stored(tags=["room_12", "warm"])
        self.assertIn("#Room_12 is #warm", checks.read_page(f"{SERVICE['base_url']}/tag/room_12/"))


class Objects(unittest.TestCase):
    def test_finds_stream_and_password_in_the_environment(self):
        with unittest.mock.patch.dict(os.environ, INTHING_STREAM=SERVICE["stream"], INTHING_STREAM_PASSWORD=SERVICE["password"]):
            stream = inthing.Stream()
        self.assertEqual(stream.id, SERVICE["stream"])
        self.assertIn("/e/", stream.text("From the environment").url)

    def test_wants_a_stream(self):
        with self.assertRaisesRegex(ValueError, "Stream ID or URL is required"):
            inthing.Stream()

    def test_opens_pages(self):
        stream = inthing.Stream.new()
        with unittest.mock.patch("webbrowser.open") as opened:
            stream.browse()
            result = stream.text("x")
            result.browse()
            with contextlib.redirect_stdout(io.StringIO()), stream.capture() as capture:
                print("x")
            capture.browse()
        urls = [call.args[0] for call in opened.call_args_list]
        self.assertEqual(urls, [stream.url, result.url, capture.result.url])
        for url in urls:
            self.assertIn("<article", checks.read_page(url))

    def test_keeps_silent_when_asked_to(self):
        self.assertIsNone(inthing.Stream("/no/body/", silence_errors=True).text("x"))


class Rpc(unittest.TestCase):
    def setUp(self):
        self.rpc = inthing.rpc.get_interface()

    def test_calls_a_method(self):
        self.assertEqual(self.rpc.call("greet", who="Zoë"), "Hello, Zoë!")

    def test_is_told_of_a_method_that_is_not_there(self):
        with self.assertRaises(inthing.jsonrpc.RemoteError) as refusal:
            self.rpc.call("event.new")
        self.assertEqual((refusal.exception.code, refusal.exception.method), (-32601, "event.new"))

    def test_is_told_of_an_error_of_a_method(self):
        with self.assertRaises(inthing.jsonrpc.RemoteMethodError) as refusal:
            self.rpc.call("greet", who="somebody unknown")
        self.assertEqual((refusal.exception.code, refusal.exception.data["foo"]), (1, "bar"))

    def test_notifies(self):
        self.rpc.notify("greet")

    def test_a_batch_is_answered_although_the_client_cannot_read_it(self):
        batch = self.rpc.batch()
        batch.call("greet")
        batch.call_with_id("a", "greet")
        batch.notify("greet")
        with self.assertRaises(TypeError):
            batch.send()
        self.assertTrue(batch.sent)
        with self.assertRaises(TypeError), self.rpc.batch() as batch:
            batch.call("greet")

    def test_an_answer_to_something_else_is_a_protocol_error(self):
        for body in ('{"jsonrpc":"2.0","id":99,"result":1}', '{"jsonrpc":"1.0","id":2}', "{}"):
            checks.fail_next("inthing", 200, path="/api/public/", body=body)
            with self.assertRaises(inthing.jsonrpc.ProtocolError):
                inthing.rpc.get_interface().call("greet")

    def test_a_refused_stream_is_a_stream_error(self):
        checks.fail_next("inthing", 200, path="/api/public/",
                         body='{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"no"}}')
        with self.assertRaisesRegex(errors.StreamError, "no"):
            inthing.Stream.new()


class Command(unittest.TestCase):
    """The command of the official client."""

    def setUp(self):
        self.account = {"INTHING_STREAM": SERVICE["stream"], "INTHING_STREAM_PASSWORD": SERVICE["password"]}

    def test_posts_a_text_and_prints_where(self):
        done = checks.run(COMMAND, "text", "hi", "-u", "-t", "By command", "-m", "text", **self.account)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("By command", checks.read_page(done.stdout.strip()))

    def test_says_nothing_unless_asked_to(self):
        done = checks.run(COMMAND, "text", "hi", **self.account)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_wants_a_stream(self):
        done = checks.run(COMMAND, "text", "hi")
        self.assertEqual((done.returncode, done.stderr), (255, "Stream ID or URL is required\n"))

    def test_prints_what_was_wrong(self):
        done = checks.run(COMMAND, "text", "hi", "-p", "wrong", **self.account)
        self.assertEqual((done.returncode, done.stderr), (255, "failed to validate\n * password - password failed\n"))

    def test_tells_of_the_rate_limit(self):
        checks.fail_next("inthing", 200)
        done = checks.run(COMMAND, "text", "hi", **self.account)
        self.assertEqual(done.returncode, 255)
        self.assertIn("you have exceeded the maximum of 20 requests in 60 seconds", done.stderr)

    def test_needs_a_sub_command(self):
        self.assertEqual(checks.run(COMMAND).returncode, 1)
        self.assertEqual(checks.run(COMMAND, "image", "x").returncode, 2)


if __name__ == "__main__":
    checks.main(calls=calls.Calls("inthing", CALLS, OUT_OF_SCOPE))
