#!/usr/bin/python3
"""debian_package_test.py DEB EVENTS: a package of sluice_deployment is installed, upgraded, removed and purged.

On a copy of this machine, which has dpkg and all that the package depends on. EVENTS go through its pipelines.
"""

import pathlib
import subprocess
import sys

import machine

HERE = pathlib.Path(__file__).resolve().parent


def main():
    deb, events = sys.argv[1:]
    machine.require_copy()
    copy = machine.Machine(machine.COPY)
    package = subprocess.check_output(["dpkg-deb", "--field", deb, "Package"], encoding="utf-8").strip()
    for name in ("systemctl", "installed_service.py", "debian_package_steps.py"):
        copy.put(HERE / name)
    result = copy.run("/usr/bin/python3", "/mnt/debian_package_steps.py", package, copy.put(deb), events)
    print(result.stdout)
    sys.exit(result.returncode)


main()
