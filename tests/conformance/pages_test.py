"""The pages of the sandbox in a real browser. Pictures of them are kept below ~/.cache/sluice/conformance/pages."""

import datetime
import io
import pathlib
import unittest
import urllib.parse

import inthing
import stream
from inthing import errors
from PIL import Image

import browser
import checks

INTHING = checks.READY["inthing"]
FEED = checks.READY["feed"]
PICTURES = pathlib.Path.home() / ".cache" / "sluice" / "conformance" / "pages"

BROWSER = browser.Browser()
# "Live" means: sooner than a person would reload.
SECONDS_TO_SHOW = 5

HOSTILE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'>\"'>"


class Pages(unittest.TestCase):
    def open(self, url):
        tab = BROWSER.open(url)
        self.addCleanup(tab.close)
        return tab


class InthingPage(Pages):
    def open_stream(self):
        """A new stream, and its page with a mark that a reload would wipe off."""
        new = inthing.Stream.new()
        tab = self.open(new.url)
        tab.wait("document.querySelector('.state').textContent === 'live'")
        tab.evaluate("window.mark = 'not reloaded'")
        return new, tab

    def wait_for_event(self, tab, result):
        event = urllib.parse.urlsplit(result.url).path.split("/")[2]
        tab.wait(f"document.getElementById('event-{event}') !== null", SECONDS_TO_SHOW)
        self.assertEqual(tab.evaluate("window.mark"), "not reloaded")
        return f"document.getElementById('event-{event}')"

    def test_shows_a_post_without_reload(self):
        new, tab = self.open_stream()
        for title in ("First", "Second"):
            self.wait_for_event(tab, new.text("It *rains*", title=title))
        titles = tab.evaluate("[...document.querySelectorAll('article h2')].map(e => e.textContent.trim())")
        self.assertEqual(titles[:2], ["Second", "First"])
        self.assertEqual(tab.evaluate("document.getElementById('posts').textContent"), "2 posts")
        self.assertEqual(tab.evaluate("document.querySelector('article em').textContent"), "rains")

    def test_keeps_hostile_texts_as_text(self):
        new, tab = self.open_stream()
        event = inthing.Event(title=HOSTILE, description=f"{HOSTILE} [x](javascript:window.broken=3) #tag", generator=HOSTILE)
        card = self.wait_for_event(tab, new.add_event(event))
        self.assertEqual(tab.evaluate(f"{card}.querySelector('h2 a').textContent"), HOSTILE)
        self.assertIn("[x](javascript:", tab.evaluate(f"{card}.textContent"))
        self.wait_for_event(tab, new.code(io.StringIO(HOSTILE), title="Code"))
        tab.go(new.url)  # As the service writes it, not as the script puts it in.
        tab.wait("document.querySelectorAll('article').length > 2")
        self.assertEqual(tab.evaluate("document.querySelectorAll('article script, article img').length"), 0)
        self.assertIsNone(tab.evaluate("window.broken"))

    def test_runs_no_foreign_script(self):
        _, tab = self.open_stream()
        tab.evaluate("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.broken = 4'}))")
        self.assertIsNone(tab.evaluate("window.broken"))

    def test_shows_pictures_and_marked_code(self):
        new, tab = self.open_stream()
        picture = io.BytesIO()
        Image.effect_noise((600, 300), 60).convert("RGB").save(picture, "PNG")
        path = PICTURES / "noise.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture.getvalue())
        card = self.wait_for_event(tab, new.image(str(path), title="Camera 7", description="The **yard**"))
        tab.wait(f"{card}.querySelector('img').naturalWidth === 600")
        program = "# Says hello\ndef greet(name):\n    for number in range(3):\n        print(f'Hello, {name}!', number)\n"
        checks.run(checks.SLUICE, "inthing", "code", "-", "--language", "python", "--title", "A program", "--priority", "2",
                   stdin=program, INTHING_STREAM=new.id)
        tab.wait("document.querySelector('article code .k') !== null", SECONDS_TO_SHOW)
        color = "getComputedStyle(document.querySelector('article code .k')).color"
        plain = "getComputedStyle(document.querySelector('article code')).color"
        self.assertNotEqual(tab.evaluate(color), tab.evaluate(plain))
        new.text("It *rains*, see [the forecast](https://example.org/).\n\n- one\n- two\n\n#weather", title="Weather", priority=1)
        tab.wait("document.querySelector('.badge.p1') !== null", SECONDS_TO_SHOW)
        tab.wait("document.getAnimations().length === 0")
        tab.screenshot(PICTURES / "inthing_stream.png")

    def test_goes_on_after_a_lost_connection(self):
        new, tab = self.open_stream()
        checks.control("/connections/drop", {"service": "inthing", "reset": True})
        self.wait_for_event(tab, new.text("x", title="After the cut"))

    def test_lets_a_person_claim_a_stream(self):
        new, tab = self.open_stream()
        self.assertEqual(tab.evaluate("document.querySelector('.button').textContent"), "Claim Stream")
        tab.click(".button")
        tab.wait("document.querySelector('input[name=username]') !== null")
        tab.type("input[name=username]", "grace")
        tab.click("button[value=yes]")
        tab.wait("document.querySelector('.secret') !== null")
        self.assertEqual(tab.evaluate("location.pathname"), f"/grace/{new.id}/")
        password = tab.evaluate("document.querySelector('.secret').textContent")
        self.assertRegex(password, r"^[a-z0-9]{8}$")
        tab.screenshot(PICTURES / "inthing_claimed.png")
        with self.assertRaises(errors.EventFail):
            new.text("x")
        tab.wait("document.querySelector('.state').textContent === 'live'")
        tab.evaluate("window.mark = 'not reloaded'")
        self.wait_for_event(tab, inthing.Stream(new.id, password=password).text("x", title="Mine"))
        tab.go(new.url)
        tab.wait("document.querySelector('article') !== null")
        self.assertNotIn(password, tab.evaluate("document.body.textContent"))

    def test_posts_from_the_form_of_a_page(self):
        new = inthing.Stream.new()
        tab = self.open(new.url + "add/")
        tab.type("input[name=title]", "By hand")
        tab.click("main button")
        tab.wait("document.body.innerText.includes('\"status\":\"ok\"')")
        self.assertIn("By hand", checks.read_page(new.url))

    def test_lists_streams(self):
        new = inthing.Stream.new()
        tab = self.open(INTHING["base_url"] + "/")
        tab.click(f"a[href='/s/{new.id}/']")
        tab.wait(f"location.pathname === '/s/{new.id}/'")


class FeedPage(Pages):
    def test_shows_an_activity_without_reload(self):
        # The client puts "api." before any host but localhost.
        port = urllib.parse.urlsplit(FEED["base_url"]).port
        client = stream.connect(FEED["api_key"], FEED["api_secret"], app_id=FEED["app_id"], base_url=f"http://localhost:{port}")
        feed = client.feed("user", "pages")
        feed.add_activity({"actor": "device:1", "verb": "report", "object": "before"})
        tab = self.open(f"{FEED['pages']}feed/user/pages")
        tab.wait("document.body.innerText.includes('before')")
        tab.evaluate("window.mark = 'not reloaded'")
        feed.add_activity({"actor": "device:1", "verb": "report", "object": HOSTILE, "time": datetime.datetime(2024, 5, 6)})
        tab.wait("document.body.innerText.includes('window.broken = 1')", SECONDS_TO_SHOW)
        self.assertEqual(tab.evaluate("window.mark"), "not reloaded")
        self.assertIsNone(tab.evaluate("window.broken"))
        tab.screenshot(PICTURES / "feed.png")


if __name__ == "__main__":
    with BROWSER:
        checks.main()
