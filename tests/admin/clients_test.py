#!/usr/bin/python3
"""clients_test.py LANGUAGE SLUICE: a program of examples/clients steers a real `sluice run`."""

import hashlib
import json
import os
import pathlib
import pwd
import re
import subprocess
import sys
import tempfile
import time
import unittest

SLUICE = pathlib.Path(sys.argv.pop(2)).absolute()
LANGUAGE = sys.argv.pop(1)
ROOT = pathlib.Path.cwd()
CLIENTS = ROOT / "examples/clients"
SECONDS = 60

# The second pipeline makes dead letters only.
CONFIG = """\
data_dir: {folder}/data
admin: {{listen: "{listen}"{more}}}
pipelines:
  office:
    sources: {{ticker: {{generate: {{rate: 200}}}}}}
    sinks: {{archive: {{file: {{path: {folder}/archive.jsonl}}}}}}
  letters:
    sources: {{in: {{generate: {{count: 20}}}}}}
    transforms: [{{template: {{labels: {{room: "{{{{ labels.nobody-has-it }}}}"}}}}}}]
    sinks: {{out: {{"null": {{}}}}}}
"""
TOKEN = "token-of-a-steering-client"


def wait_until(condition, what):
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"it never came to: {what}")


def python_client(folder):
    """Command and environment of the client in Python."""
    subprocess.run([CLIENTS / "python/make_stubs.sh", ROOT, folder / "stubs"], check=True)
    return ["/usr/bin/python3", "-B", CLIENTS / "python/steer.py"], {"PYTHONPATH": str(folder / "stubs")}


def node_client(_):
    """The same for Node.js. Its packages are where ./dev setup puts them."""
    lock = (CLIENTS / "node/package-lock.json").read_bytes()
    home = pwd.getpwuid(os.getuid()).pw_dir
    packages = pathlib.Path(home) / ".cache/sluice/npm" / f"admin-client-{hashlib.sha256(lock).hexdigest()[:16]}"
    modules = os.environ.get("SLUICE_NODE_MODULES") or str(packages / "node_modules")
    if not pathlib.Path(modules, "@grpc/grpc-js").is_dir():
        raise AssertionError(f"{modules} has no @grpc/grpc-js; ./dev setup installs it (or name another folder in SLUICE_NODE_MODULES)")
    # As seen from its place: modules are looked for beside a program and in NODE_PATH.
    return ["node", CLIENTS / "node/steer.js"], {"NODE_PATH": modules, "SLUICE_ROOT": str(ROOT)}


class ClientTest(unittest.TestCase):
    # A caller of a socket needs no token.
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="clients-", dir="/tmp")
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.command, cls.client_environment = {"python": python_client, "node": node_client}[LANGUAGE](cls.folder)
        cls.config = cls.folder / "sluice.yaml"
        cls.config.write_text(cls.configuration(), encoding="utf-8")
        with open(cls.folder / "log", "wb") as log:
            cls.process = subprocess.Popen(
                [SLUICE, "run", "-c", cls.config, "--output", "json"], stdout=subprocess.PIPE, stderr=log, encoding="utf-8")
        cls.address = json.loads(cls.process.stdout.readline())["ready"]["admin"]

    @classmethod
    def tearDownClass(cls):
        cls.process.terminate()
        ledger = json.loads(cls.process.communicate(timeout=SECONDS)[0].splitlines()[-1])["ledger"]
        cls.temporary.cleanup()
        assert cls.process.returncode == 0 and ledger["balanced"], ledger

    @classmethod
    def configuration(cls):
        return CONFIG.format(folder=cls.folder, listen=f"unix:{cls.folder}/admin.sock", more="")

    def steer(self, *arguments, code=0, **environment):
        result = subprocess.run(
            [*self.command, self.address, *arguments], check=False, capture_output=True, encoding="utf-8", timeout=SECONDS,
            env={"PATH": "/usr/bin:/bin", **self.client_environment, **self.environment, **environment})
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        return result.stdout if code == 0 else result.stderr

    def state(self, pipeline):
        """As the program itself tells: "running"."""
        return re.search(rf"^{pipeline}, (\w+): ", self.steer("watch", "1"), re.MULTILINE)[1]


class SocketTest(ClientTest):
    def test_applies_a_configuration_once(self):
        second = self.folder / "second.yaml"
        second.write_text(self.configuration().replace("archive.jsonl", "second.jsonl"), encoding="utf-8")
        self.assertEqual(self.steer("apply", second), "replaced: office.archive\ngeneration 2 runs\n")
        wait_until(lambda: (self.folder / "second.jsonl").exists(), "events in the second file")
        # Whoever has seen the first generation only is told of the second.
        self.assertEqual(self.steer("apply", self.config, "1", code=1), "ABORTED: generation 2 runs, not 1\n")

    def test_says_what_is_wrong_with_a_configuration(self):
        wrong = self.folder / "wrong.yaml"
        wrong.write_text(self.configuration().replace("rate:", "rat:"), encoding="utf-8")
        said = self.steer("apply", wrong, code=1)
        self.assertRegex(said, r"^INVALID_ARGUMENT: .*wrong\.yaml:5: pipelines\.office\.sources\.ticker")

    def test_watches(self):
        looks = re.findall(r"^office, \w+: archive delivered (\d+), waiting \d+$", self.steer("watch", "3"), re.MULTILINE)
        self.assertEqual(len(looks), 3)
        self.assertEqual(looks, sorted(looks, key=int))

    def test_pauses_and_resumes(self):
        self.assertEqual(self.steer("pause", "office"), "office is paused\n")
        self.assertEqual(self.state("office"), "paused")
        self.assertEqual(self.steer("resume", "office"), "office is running\n")
        self.assertEqual(self.state("office"), "running")

    def test_gives_near_names(self):
        said = self.steer("pause", "ofice", code=1)
        self.assertEqual(said, 'NOT_FOUND: there is no pipeline "ofice"; did you mean "office"? allowed: letters, office\n')

    def test_redrives(self):
        def letters():
            listed = subprocess.run(
                [SLUICE, "dead-letters", "list", self.folder / "data", "-p", "letters", "--admin", self.address, "--output", "json"],
                check=True, capture_output=True, encoding="utf-8")
            return json.loads(listed.stdout)["pipelines"][0]["total"]

        wait_until(lambda: letters() == 20, "20 dead letters")
        self.assertEqual(self.steer("redrive", "letters"), "redriven 20, refused 0\n")
        wait_until(lambda: letters() == 0, "none left")


class TokenTest(ClientTest):
    environment = {"SLUICE_TOKEN": TOKEN}

    @classmethod
    def configuration(cls):
        tokens = cls.folder / "tokens"
        tokens.write_text(f"steering operator {TOKEN}\n", encoding="utf-8")
        tokens.chmod(0o600)
        return CONFIG.format(
            folder=cls.folder, listen="127.0.0.1:0", more=f", insecure_loopback: true, tokens_file: {tokens}")

    def test_is_let_in_with_its_token(self):
        self.assertEqual(self.steer("resume", "office"), "office is running\n")

    def test_is_told_what_it_may_not(self):
        said = self.steer("apply", self.config, code=1)
        self.assertEqual(said, "PERMISSION_DENIED: this call needs the role admin; steering has the role operator\n")
        self.assertRegex(self.steer("pause", "office", code=1, SLUICE_TOKEN=""), "^UNAUTHENTICATED: a token is needed")


if __name__ == "__main__":
    unittest.main()
