"""`sluice inthing` beside the official client: both post the same, and what they say is compared field by field."""

import contextlib
import email.parser
import email.policy
import io
import json
import pathlib
import re
import sys
import tempfile
import types
import unittest
import unittest.mock
import urllib.parse

import checks
import recorder

SERVICE = checks.READY["inthing"]
RECORDER = recorder.Recorder(recorder.pass_on_to(SERVICE["base_url"]))

# Read when the client is imported.
with unittest.mock.patch.dict("os.environ", INTHING_URL=RECORDER.url):
    import inthing
    from PIL import Image

# What our client adds to the fields of the official one, which forgets the language it was given.
OUR_FIELDS = ("code_language", "time")


def fields(request):
    """[(name, value or (file name, bytes))] in their order."""
    kind = request.headers["content-type"]
    if kind == "application/x-www-form-urlencoded":
        return urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        b"Content-Type: " + kind.encode() + b"\r\n\r\n" + request.body)
    return [
        (part.get_param("name", header="content-disposition"),
         (part.get_filename(), part.get_payload(decode=True)) if part.get_filename() else part.get_payload(decode=True).decode())
        for part in message.iter_parts()
    ]


def official(post):
    """The one request that `post` makes with the official client."""
    RECORDER.take()
    post()
    (request,) = RECORDER.take()
    return request


def ours(*arguments, stdin=None, stream=SERVICE["stream"], password=SERVICE["password"]):
    """The one request that `sluice inthing` makes with these arguments."""
    RECORDER.take()
    done = checks.run(checks.SLUICE, "inthing", *arguments, stdin=stdin, INTHING_URL=RECORDER.url, INTHING_STREAM=stream,
                      INTHING_STREAM_PASSWORD=password)
    if done.returncode != 0:
        raise AssertionError(f"{arguments}: {done.stderr}")
    (request,) = RECORDER.take()
    return request


class SameAsTheOfficialClient(unittest.TestCase):
    def setUp(self):
        self.stream = inthing.Stream(SERVICE["stream"], password=SERVICE["password"])
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        # So that limits never show: each check posts a few times to the same stream.
        checks.control("/inthing/settings", {"limits": False})

    def check_same(self, theirs, our):
        self.assertEqual((our.method, our.target), (theirs.method, theirs.target))
        self.assertEqual([pair for pair in fields(our) if pair[0] not in OUR_FIELDS], fields(theirs))
        self.assertEqual(int(our.headers["content-length"]), len(our.body))

    def check_same_bytes(self, theirs, our):
        self.check_same(theirs, our)
        self.assertEqual(our.body, theirs.body)
        self.assertEqual(our.headers["content-type"], theirs.headers["content-type"])

    def test_makes_a_stream(self):
        theirs, our = official(inthing.Stream.new), ours("new")
        self.assertEqual((our.method, our.target), (theirs.method, theirs.target))
        self.assertEqual(json.loads(our.body), json.loads(theirs.body))
        self.assertEqual(our.body, theirs.body)

    def test_posts_a_text(self):
        text = "Grüße & *thanks*\n= 100% ~ + \u2603 '\"\\ \r\n\t."
        self.check_same_bytes(official(lambda: self.stream.text(text)), ours("text", text))

    def test_posts_a_text_with_every_option(self):
        for markup, priority in (("text", -2), ("html", 1), ("bbcode", 2)):
            self.stream.generator = "My device"
            theirs = official(lambda: self.stream.text("x", title="A + B", markup=markup, priority=priority))
            self.check_same_bytes(theirs, ours("text", "x", "-t", "A + B", "-m", markup, "--priority", str(priority),
                                               "-g", "My device"))

    def test_posts_to_a_stream_without_password(self):
        stream = inthing.Stream.new()
        theirs = official(lambda: stream.text("x"))
        self.check_same_bytes(theirs, ours("text", "x", stream=stream.id, password=None))
        self.check_same_bytes(theirs, ours("text", "x", "--id", stream.url, password=None))

    def test_posts_to_a_stream_by_its_path(self):
        path = urllib.parse.urlsplit(SERVICE["url"]).path
        stream = inthing.Stream(path, password=SERVICE["password"])
        theirs = official(lambda: stream.text("x"))
        for name in (path, path.strip("/"), SERVICE["url"], f"https://www.inthing.io{path}?x#y"):
            self.check_same_bytes(theirs, ours("text", "x", stream=name))

    def test_posts_code(self):
        path = self.folder / "main.c"
        path.write_bytes("int main() {\r\n  return 'ß';\r\n}\n".encode())
        theirs = official(lambda: self.stream.code(str(path), language="c", description="Why", title="Program", priority=1))
        our = ours("code", str(path), "-l", "C", "-d", "Why", "-t", "Program", "--priority", "1")
        self.check_same(theirs, our)
        self.assertIn(("code_language", "c"), fields(our))
        self.check_same_bytes(official(lambda: self.stream.code(str(path))), ours("code", str(path)))

    def test_posts_the_time(self):
        our = ours("text", "x", "--time", "2024-05-01T12:00:00Z")
        self.check_same(official(lambda: self.stream.text("x")), our)
        self.assertIn(("time", "1714564800"), fields(our))

    def check_same_image(self, theirs, our, media_type):
        self.check_same(theirs, our)
        self.assertRegex(our.headers["content-type"], r"^multipart/form-data; boundary=[0-9a-f]{32}$")
        self.assertRegex(theirs.headers["content-type"], r"^multipart/form-data; boundary=[0-9a-f]{32}$")
        # All that differs is the boundary, and the type of the part, where the official client prints a pair.
        def normal(request):
            boundary = request.headers["content-type"].rpartition("=")[2].encode()
            return re.sub(rb"\r\nContent-Type: [^\r]*", b"", request.body.replace(boundary, b"BOUNDARY"))

        self.assertEqual(normal(our), normal(theirs))
        self.assertIn(f"\r\nContent-Type: {media_type}\r\n".encode(), our.body)

    def test_posts_images(self):
        for name, kind, media_type in (("a.jpg", "JPEG", "image/jpeg"), ("b.png", "PNG", "image/png"), ("c.gif", "GIF", "image/gif")):
            path = self.folder / name
            Image.new("RGB", (40, 30), "red").save(path, kind)
            theirs = official(lambda: self.stream.image(str(path), description="All red", title="Picture"))
            self.check_same_image(theirs, ours("image", str(path), "-d", "All red", "-t", "Picture"), media_type)

    def test_posts_a_screenshot(self):
        path = self.folder / "screen.jpg"
        Image.new("RGB", (40, 30), "blue").save(path, "JPEG")
        module = types.ModuleType("pyscreenshot")
        module.grab_to_file = lambda target: pathlib.Path(target).write_bytes(path.read_bytes())
        with unittest.mock.patch.dict(sys.modules, pyscreenshot=module), \
                unittest.mock.patch("tempfile.mktemp", lambda **_: str(self.folder / "screen.jpg")):
            theirs = official(lambda: self.stream.screenshot(description="Desk", title="Screenshot"))
        self.check_same_image(theirs, ours("screenshot", "--image", str(path), "-d", "Desk"), "image/jpeg")

    def test_posts_what_is_captured(self):
        def capture():
            with contextlib.redirect_stdout(io.StringIO()), self.stream.capture(title="Capture Event"):
                sys.stdout.write("one\nzwei ß\n")

        theirs = official(capture)
        self.check_same_bytes(theirs, ours("capture", stdin="one\nzwei ß\n"))
        self.check_same_bytes(theirs, ours("capture", "--", "printf", "one\\nzwei ß\\n"))


class Faults(unittest.TestCase):
    """What `sluice inthing` makes of a service that fails."""

    def check_fault(self, said, *arguments, code=1, **fault):
        checks.control("/faults", {"service": "inthing", "count": 1, **fault})
        done = checks.run(checks.SLUICE, "inthing", *arguments, INTHING_STREAM=SERVICE["stream"],
                          INTHING_STREAM_PASSWORD=SERVICE["password"])
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertIn(said, done.stderr)
        self.assertNotIn(SERVICE["password"], done.stderr)
        self.assertEqual(checks.control("/faults")["faults"][-1]["fired"], 1)

    def check_answer(self, said, body, status=200, **more):
        self.check_fault(said, "text", "x", kind="status", status=status, body=body, **more)

    def test_answers_that_make_no_sense(self):
        unknown = "; the event may be there all the same"
        self.check_answer("HTTP 500 with no JSON: <h1> oops" + unknown, "<h1>\n oops", status=500)
        self.check_answer("HTTP 502 with no JSON: " + unknown, "", status=502)
        self.check_answer("with no JSON: {" + unknown, "{")
        self.check_answer("with no JSON: [1]" + unknown, "[1]")
        self.check_answer("names no event" + unknown, '{"status":"ok"}')
        self.check_answer("names no event" + unknown, '{"status":"ok","event":[]}')

    def test_refusals(self):
        self.check_answer("boom; the event may be there", '{"status":"error","msg":"boom"}')
        self.check_answer("event failed to validate; title: too odd", '{"status":"fail","field_errors":{"title":["too odd"]}}')
        self.check_answer("slow down; try again in ", '{"status":"ratelimited","msg":"slow down"}')
        self.check_answer("HTTP 302 with no JSON", "moved", status=302, headers={"Location": "http://127.0.0.1:1/"})
        self.check_answer("HTTP 404 with no JSON", "no", status=404)

    def test_connections(self):
        self.check_fault("", "text", "x", kind="cut")
        self.check_fault("", "text", "x", kind="cut", reset=True)
        self.check_fault("may be there", "text", "x", kind="half")
        self.check_fault("may be there", "text", "x", kind="lose_answer")
        self.check_fault("may be there", "text", "x", "--timeout", "200ms", kind="stall", delay=5)
        self.check_fault("", "text", "x", code=0, kind="slow", delay=0.2)

    def test_streams_that_are_not_made(self):
        for said, body in (("its id does not match", '{"jsonrpc":"2.0","id":99,"result":{}}'),
                           ("names no new stream", '{"jsonrpc":"2.0","id":2,"result":{}}'),
                           ("no such luck", '{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"no such luck"}}'),
                           ("it is no JSON object", "<html>")):
            self.check_fault(said, "new", kind="status", status=200, body=body)

    def test_a_rate_limit_is_waited_for(self):
        # The estimated wait is at most a minute; this one is asked for.
        checks.fail_next("inthing", 200, body='{"status":"ratelimited","msg":"slow down"}', retry_after=0)
        done = checks.run(checks.SLUICE, "inthing", "text", "x", "-u", "--wait", "10s", INTHING_STREAM=SERVICE["stream"],
                          INTHING_STREAM_PASSWORD=SERVICE["password"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<article", checks.read_page(done.stdout.strip()))


if __name__ == "__main__":
    checks.main()
