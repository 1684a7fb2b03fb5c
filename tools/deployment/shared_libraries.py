"""The shared libraries that programs need, and the Debian packages that these are from."""

import pathlib
import re
import struct
import subprocess
import tempfile

# e_machine of elf(5): what Debian and OCI call it.
ARCHITECTURES = {0x3E: "amd64", 0xB7: "arm64"}

DIRECT = re.compile(r"\s*(?:\S+ => )?(?P<path>/\S+) \(0x[0-9a-f]+\)")


class Unusable(Exception):
    """A program cannot be packed, or a tool or file for it is missing here."""


def architecture(program):
    with open(program, "rb") as file:
        header = file.read(20)
    if len(header) < 20 or not header.startswith(b"\x7fELF\x02\x01"):
        raise Unusable(f"{program} is no 64-bit little-endian ELF file")
    machine = struct.unpack_from("<H", header, 18)[0]
    if machine not in ARCHITECTURES:
        raise Unusable(f"{program} is for a machine (ELF number {machine}) that this rule does not know")
    return ARCHITECTURES[machine]


def run(*command, cwd=None):
    try:
        result = subprocess.run(command, cwd=cwd, check=False, capture_output=True, encoding="utf-8")
    except FileNotFoundError:
        raise Unusable(f"{command[0]} is missing; install the Debian package dpkg-dev") from None
    if result.returncode != 0:
        raise Unusable(f"{' '.join(command)}: {result.stderr.strip()}")
    return result.stdout


def dependencies(programs):
    """What Depends in a Debian package has to say about them: "libc6 (>= 2.36), ..."."""
    paths = [str(pathlib.Path(program).resolve()) for program in programs]
    with tempfile.TemporaryDirectory() as folder:
        # dpkg-shlibdeps works in the source tree of a package; of that it wants this much.
        control = pathlib.Path(folder) / "debian/control"
        control.parent.mkdir()
        control.write_text("Source: none\n\nPackage: none\nArchitecture: any\n", encoding="utf-8")
        listing = run("/usr/bin/dpkg-shlibdeps", "--warnings=0", "-O", *[f"-e{path}" for path in paths], cwd=folder)
    for line in listing.splitlines():
        if line.startswith("shlibs:Depends="):
            return line.split("=", 1)[1]
    return ""


def needed(programs):
    """Paths of all libraries that they need on this machine, and of the loader."""
    found = set()
    for program in programs:
        for line in run("/usr/bin/ldd", program).splitlines():
            if "not found" in line:
                raise Unusable(f"{program} needs a library that is not there: {line.strip()}")
            match = DIRECT.match(line)
            if match:
                found.add(match["path"])
    return sorted(found)


def packages_of(paths):
    """The installed packages that have these files, in order."""
    # Their database may know a file with or without /usr, which /lib is a link into.
    names = {name: path for path in paths for name in (path.removeprefix("/usr"), "/usr" + path.removeprefix("/usr"))}
    # It fails because it does not know the other half, so what matters is what it prints: "libc6:amd64: /lib/...".
    command = ["/usr/bin/dpkg-query", "-S", *names]
    listing = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    owners = {}
    for line in listing.stdout.splitlines():
        package, _, name = line.rpartition(": ")
        if name in names:
            owners[names[name]] = package
    for path in paths:
        if path not in owners:
            raise Unusable(f"{path} is of no Debian package")
    return sorted(set(owners.values()))


def package_status(package):
    """What dpkg knows about an installed package."""
    return run("/usr/bin/dpkg-query", "-s", package)
