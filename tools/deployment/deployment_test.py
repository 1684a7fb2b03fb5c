#!/usr/bin/python3
"""What the packages of a deployment consist of. //tests/deployment installs and runs them."""

import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
KINDS = ("bundle.py", "debian_package.py", "oci_image.py")
# Any program will do.
PROGRAM = "/usr/bin/env"

GOOD = {
    "package": "doorbells",
    "version": "1.2~rc1",
    "description": "Rings when somebody is at the door",
    "maintainer": "Jane Doe <jane@example.com>",
    "plugins": [],
}


def printed(*command):
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


class PackageTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def pack(self, kind, name="one", environment=None, mode=0o022, **changed):
        """Runs a script on files of their own; gives the path of the package, or what the script says instead."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        shutil.copy(PROGRAM, folder / "program")
        (folder / "config.yaml").write_text("data_dir: data\n", encoding="utf-8")
        specification = {**GOOD, "binary": str(folder / "program"), "config": str(folder / "config.yaml"), **changed}
        (folder / "spec.json").write_text(json.dumps(specification), encoding="utf-8")
        result = subprocess.run(
            [sys.executable, "-B", HERE / kind, folder / "spec.json", folder / kind],
            check=False,
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            umask=mode,
            env={**os.environ, **(environment or {})},
        )
        return folder / kind if result.returncode == 0 else result.stderr

    def field(self, package, name):
        return printed("dpkg-deb", "--field", package, name).strip()

    def test_the_same_inputs_give_the_same_bytes(self):
        elsewhere = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "1", "PYTHONHASHSEED": "7"}
        for kind in KINDS:
            one = self.pack(kind, "one")
            two = self.pack(kind, "two", elsewhere, mode=0o077)
            self.assertIsInstance(one, pathlib.Path, one)
            self.assertIsInstance(two, pathlib.Path, two)
            self.assertTrue(one.read_bytes() == two.read_bytes(), kind)

    def test_a_package_has_its_fields(self):
        package = self.pack("debian_package.py")
        self.assertEqual(self.field(package, "Package"), "doorbells")
        self.assertEqual(self.field(package, "Version"), "1.2~rc1")
        self.assertIn(self.field(package, "Architecture"), ("amd64", "arm64"))
        self.assertRegex(self.field(package, "Depends"), r"^adduser, ca-certificates, libc6 \(>= [0-9.]+\)$")

    def test_settings_are_left_to_the_administrator(self):
        package = self.pack("debian_package.py")
        settings = printed("dpkg-deb", "--info", package, "conffiles").split()
        self.assertEqual(settings, ["/etc/doorbells/doorbells.yaml", "/etc/doorbells/environment"])

    def test_shells_complete_its_command_lines(self):
        scripts = {}
        for shell in ("bash", "zsh"):
            (self.folder / shell).write_text(f"# {shell}\n", encoding="utf-8")
            scripts[shell] = str(self.folder / shell)
        package = self.pack("debian_package.py", completions=scripts)
        self.assertIsInstance(package, pathlib.Path, package)
        for path, content in (
            ("./usr/share/bash-completion/completions/doorbells", "# bash\n"),
            ("./usr/share/zsh/vendor-completions/_doorbells", "# zsh\n"),
        ):
            archived = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], check=True, capture_output=True).stdout
            with tarfile.open(fileobj=io.BytesIO(archived)) as files:
                self.assertEqual(files.extractfile(path).read().decode(), content)

    def test_plugins_come_along_with_what_they_need(self):
        libraries = printed("ldd", "/usr/bin/openssl").split()
        library = next(word for word in libraries if word.startswith("/") and "libssl" in word)
        plugin = self.folder / "ring.so"
        shutil.copy(library, plugin)
        package = self.pack("debian_package.py", plugins=[str(plugin)])
        self.assertIn("libssl3", self.field(package, "Depends"))
        bundle = self.pack("bundle.py", plugins=[str(plugin)])
        with tarfile.open(bundle) as files:
            self.assertIn("doorbells-1.2~rc1/usr/lib/doorbells/plugins/ring.so", files.getnames())
            readme = files.extractfile("doorbells-1.2~rc1/README.md").read().decode()
        self.assertIn("libssl3", readme)
        self.assertNotIn("@", readme)

    def test_nothing_belongs_to_who_built_it(self):
        with tarfile.open(self.pack("bundle.py")) as files:
            for member in files:
                self.assertEqual((member.uid, member.gid, member.uname), (0, 0, ""), member.name)
                self.assertFalse(member.mode & 0o022, member.name)

    def test_a_wrong_attribute_is_named(self):
        for name, value, message in (
            ("package", "Doorbells", 'package: "Doorbells" is not allowed; must be 2 to 31 of a-z'),
            ("package", "../x", 'package: "../x"'),
            ("version", "v1", "version: "),
            ("version", "1-2", "version: "),
            ("description", "", "description: "),
            ("description", "two\nlines", "description: "),
            ("description", "50% off", "description: "),
            ("maintainer", "Jane", 'maintainer: "Jane" is not allowed; must be a name and an address'),
            ("plugins", ["/a/ring.so", "/b/ring.so"], 'plugins: two of them are called "ring.so"'),
        ):
            with self.subTest(name=name, value=value):
                said = self.pack("bundle.py", **{name: value})
                self.assertIsInstance(said, str)
                self.assertIn("sluice_deployment: " + message, said)
                self.assertNotIn("Traceback", said)

    def test_a_script_is_no_program(self):
        script = self.folder / "script"
        script.write_text("#!/bin/sh\n", encoding="utf-8")
        said = self.pack("debian_package.py", binary=str(script))
        self.assertIn("is no 64-bit little-endian ELF file", said)


if __name__ == "__main__":
    unittest.main()
