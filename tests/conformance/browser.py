"""A real browser, driven through its DevTools protocol over a pipe
(https://chromedevtools.github.io/devtools-protocol/)."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

_SECONDS_TO_WAIT = 30
# Where the browser reads commands and writes answers, by --remote-debugging-pipe.
_COMMANDS, _ANSWERS = 3, 4
_PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def _high(descriptor):
    """The same file under a number that is none of the two above."""
    moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return moved


class Browser:
    """Chromium without a window. Use as a context manager."""

    def __init__(self):
        program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
        if program is None:
            raise AssertionError("there is no Chromium; ./dev setup installs it")
        self._folder = tempfile.TemporaryDirectory(prefix="sluice-browser-", ignore_cleanup_errors=True)
        read_commands, self._write = map(_high, os.pipe())
        self._read, write_answers = map(_high, os.pipe())

        def take_pipes():
            os.dup2(read_commands, _COMMANDS)
            os.dup2(write_answers, _ANSWERS)

        self._process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self._folder.name}",
             # The sandbox of the browser needs rights that containers do not give; only pages of ours are opened.
             "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
             "--disable-background-networking", "--disable-component-update", "--window-size=1000,1200"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            pass_fds=(_COMMANDS, _ANSWERS), preexec_fn=take_pipes)
        os.close(read_commands)
        os.close(write_answers)
        self._received = b""
        self._last_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._folder.cleanup()

    def open(self, url):
        """A new tab that shows `url`."""
        target = self.call("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.call("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = Tab(self, target, session)
        tab.go(url)
        return tab

    def call(self, method, params=None, session=None):
        """The result of a command; what the browser says besides is not listened to."""
        self._last_id += 1
        command = {"id": self._last_id, "method": method, "params": params or {}}
        if session is not None:
            command["sessionId"] = session
        os.write(self._write, json.dumps(command).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") != self._last_id:
                continue
            if "error" in answer:
                raise AssertionError(f"{method}: {answer['error']}")
            return answer["result"]

    def _next(self):
        deadline = time.monotonic() + _SECONDS_TO_WAIT
        while b"\0" not in self._received:
            ready, _, _ = select.select([self._read], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self._read, 1 << 16) if ready else b""
            if not piece:
                raise AssertionError(f"the browser says nothing within {_SECONDS_TO_WAIT} s")
            self._received += piece
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)


class Tab:
    """A tab of the browser."""

    def __init__(self, browser, target, session):
        self._browser = browser
        self._target = target
        self._session = session

    def close(self):
        self._browser.call("Target.closeTarget", {"targetId": self._target})

    def go(self, url):
        failure = self._browser.call("Page.navigate", {"url": url}, self._session).get("errorText")
        if failure:
            raise AssertionError(f"{url}: {failure}")
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def evaluate(self, expression):
        """The value of a JavaScript expression on the page."""
        answer = self._browser.call(
            "Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True}, self._session)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def wait(self, expression, seconds=20):
        """Returns the seconds that passed until the expression was true, of at most `seconds`."""
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            try:
                if self.evaluate(expression):
                    return time.monotonic() - begin
            except AssertionError:
                pass  # The page is just being left.
            time.sleep(0.02)
        raise AssertionError(f"within {seconds} s: {expression}; the page is {self.evaluate('document.body.innerText')}")

    def click(self, selector):
        """A click of the mouse in the middle of an element, as a person does it."""
        place = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self._browser.call("Input.dispatchMouseEvent",
                               {"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1}, self._session)

    def type(self, selector, text):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self._browser.call("Input.insertText", {"text": text}, self._session)

    def screenshot(self, path):
        picture = self._browser.call("Page.captureScreenshot", {"format": "png"}, self._session)["data"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(picture))
