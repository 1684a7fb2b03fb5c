"""What the scripts share: the sandbox they talk to, bounded waits, and one line per check."""

import base64
import hashlib
import importlib.metadata
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

# The sandbox's ready line; docs/sandbox.md describes it.
READY = json.loads(os.environ["SLUICE_SANDBOX"])
# The binary that the sandbox runs from, for checks of its commands.
SLUICE = os.environ["SLUICE_BINARY"]

_SECONDS_TO_WAIT = 20


def control(path, body=None):
    """Asks the sandbox's control server: GET, or POST if there is a body."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(READY["control"] + path, data, timeout=_SECONDS_TO_WAIT) as answer:
        return json.load(answer)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def without_redirect(url):
    """The status and Location of an answer that leads elsewhere."""
    try:
        with urllib.request.build_opener(_NoRedirect).open(url, timeout=_SECONDS_TO_WAIT) as answer:
            return answer.status, None
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers["Location"]


def read_page(url):
    with urllib.request.urlopen(url, timeout=_SECONDS_TO_WAIT) as answer:
        return answer.read().decode()


def fail_next(service, status, count=1, **more):
    """The next `count` requests to a service are answered with this status."""
    control("/faults", {"service": service, "kind": "status", "status": status, "count": count, **more})


def wait_until(condition, what):
    """Returns what `condition` returns as soon as that is true."""
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError(f"within {_SECONDS_TO_WAIT} s: {what}")


def pinned_version(package):
    requirements = pathlib.Path(__file__).with_name("requirements.txt").read_text(encoding="utf-8")
    for line in requirements.splitlines():
        name, _, version = line.partition("==")
        if name == package:
            return version
    raise AssertionError(f"requirements.txt does not fix {package}")


def check_unmodified(package, module):
    """`module` is of the fixed version of `package`, and each file is as it was installed."""
    distribution = importlib.metadata.distribution(package)
    if distribution.version != pinned_version(package):
        raise AssertionError(f"{package} {distribution.version} is installed, not {pinned_version(package)}")
    files = {pathlib.Path(file.locate()).resolve(): file for file in distribution.files if file.hash}
    if pathlib.Path(module.__file__).resolve() not in files:
        raise AssertionError(f"{module.__file__} is not a file of {package}")
    for path, file in files.items():
        digest = hashlib.new(file.hash.mode, path.read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            raise AssertionError(f"{path} was changed")


def suite():
    """Its name: that of the script."""
    return pathlib.Path(sys.argv[0]).stem.removesuffix("_test")


def run(*command, stdin=None, **environment):
    """Runs a program to its end, with these variables in its environment; those that are None are not in it."""
    merged = {**os.environ, **environment}
    return subprocess.run(
        command, input=stdin, capture_output=True, text=True, timeout=_SECONDS_TO_WAIT, check=False,
        env={name: value for name, value in merged.items() if value is not None})


class _Lines(unittest.TestResult):
    def _print(self, word, test):
        name = test.id().rsplit(".", 1)[-1].removeprefix("test_").replace("_", " ")
        print(f"{word:4} {suite()}: {name}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._print("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._print("FAIL", test)
        print(self.failures[-1][1], file=sys.stderr, flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self._print("FAIL", test)
        print(self.errors[-1][1], file=sys.stderr, flush=True)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._print("FAIL", test)
            print(subtest, (self.failures + self.errors)[-1][1], file=sys.stderr, flush=True)


def main(*modules, calls=None):
    """Runs the checks of the calling script and of `modules`, and leaves the process with 0 if all passed.

    With `calls`, a calls.Calls, every call of the client must have been made.
    """
    result = _Lines()
    if calls is not None:
        calls.watch()
    for module in (sys.modules["__main__"], *modules):
        unittest.defaultTestLoader.loadTestsFromModule(module).run(result)
    complete = calls is None or calls.report()
    sys.exit(not (result.wasSuccessful() and complete))
