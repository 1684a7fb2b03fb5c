"""What a deployment consists of: the files that all its packages have in common."""

import dataclasses
import json
import pathlib
import re
import sys

import shared_libraries
from archive import Entry

FILES = pathlib.Path(__file__).parent / "files"

# Name of a shell: where Debian's packages put what completes the command line of the program @PACKAGE@.
COMPLETIONS = {
    "bash": "usr/share/bash-completion/completions/@PACKAGE@",
    "zsh": "usr/share/zsh/vendor-completions/_@PACKAGE@",
}

# Name of an attribute of sluice_deployment: what it has to look like, as a pattern and in words.
RULES = {
    "package": (
        r"[a-z][a-z0-9-]{1,30}",
        "2 to 31 of a-z, 0-9 and -, the first a letter: it names a package, a user and folders",
    ),
    "version": (r"[0-9][A-Za-z0-9.+~]*", "a digit, then any of A-Z, a-z, 0-9, \".\", \"+\" and \"~\""),
    "description": (r"[^\s\\%@\"'][^\n\\%@\"']{0,79}", "one line of at most 80 characters without \\, %, @ and quotes"),
    "maintainer": (r"[^\n<>]+ <[^\s<>@]+@[^\s<>@]+>", "a name and an address: Jane Doe <jane@example.com>"),
}


class BadAttribute(Exception):
    """An attribute of sluice_deployment is not as it has to be."""


@dataclasses.dataclass(frozen=True)
class Deployment:
    """The attributes of a sluice_deployment; paths are of this machine."""

    package: str
    version: str
    description: str
    maintainer: str
    binary: str
    config: str
    plugins: list
    # Name of a shell: the script with which it completes command lines.
    completions: dict = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        for name, (pattern, meaning) in RULES.items():
            value = getattr(self, name)
            if not re.fullmatch(pattern, value):
                raise BadAttribute(f'{name}: "{value}" is not allowed; must be {meaning}')
        names = [pathlib.Path(plugin).name for plugin in self.plugins]
        for name in names:
            if names.count(name) > 1:
                raise BadAttribute(f'plugins: two of them are called "{name}"')

    @property
    def programs(self):
        """Everything that needs shared libraries."""
        return [self.binary, *self.plugins]

    @property
    def architecture(self):
        """As Debian and OCI both call it."""
        return shared_libraries.architecture(self.binary)

    def fill(self, name, **more):
        """The text of files/NAME with this deployment's values: @PACKAGE@ and so on."""
        text = (FILES / name).read_text(encoding="utf-8")
        values = {"package": self.package, "version": self.version, "description": self.description, **more}
        for key, value in values.items():
            text = text.replace(f"@{key.upper()}@", value)
        return text.encode()

    def program_files(self):
        """What runs, wherever it runs."""
        libraries = [
            Entry(f"usr/lib/{self.package}/plugins/{pathlib.Path(plugin).name}", content=read(plugin))
            for plugin in self.plugins
        ]
        return [
            Entry(f"usr/bin/{self.package}", mode=0o755, content=read(self.binary)),
            Entry(f"etc/{self.package}/{self.package}.yaml", content=read(self.config)),
            *libraries,
        ]

    def service_files(self):
        """What makes it a service of systemd."""
        return [
            Entry(f"usr/lib/systemd/system/{self.package}.service", content=self.fill("service.in")),
            # Only root reads it; it may hold secrets.
            Entry(f"etc/{self.package}/environment", mode=0o600, content=self.fill("environment.in")),
        ]

    def completion_files(self):
        """What lets shells complete command lines of the program."""
        return [
            Entry(COMPLETIONS[shell].replace("@PACKAGE@", self.package), content=read(script))
            for shell, script in self.completions.items()
        ]


def read(path):
    return pathlib.Path(path).read_bytes()


def make(build):
    """main() of a script: SCRIPT SPEC OUTPUT writes what build(deployment) gives, the bytes of a package."""
    spec, output = sys.argv[1:]
    try:
        deployment = Deployment(**json.loads(read(spec)))
        pathlib.Path(output).write_bytes(build(deployment))
    except (BadAttribute, shared_libraries.Unusable) as error:
        sys.exit(f"sluice_deployment: {error}")
