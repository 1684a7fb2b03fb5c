#!/usr/bin/python3
"""debian_package_test.py DEB EVENTS: a package of sluice_deployment is installed, upgraded, removed and purged.

On a copy of this machine, which has dpkg and all that the package depends on, booted by systemd if that can be. EVENTS
go through its pipelines.
"""

import pathlib
import subprocess
import sys

from booted_machine import run_beside_systemd

HERE = pathlib.Path(__file__).resolve().parent


def main():
    deb, events = sys.argv[1:]
    package = subprocess.check_output(["dpkg-deb", "--field", deb, "Package"], encoding="utf-8").strip()

    def prepare(machine):
        for path in (deb, HERE / "systemctl", HERE / "installed_service.py", HERE / "debian_package_steps.py"):
            machine.put(path)

    steps = ["/usr/bin/python3", "/mnt/debian_package_steps.py", package, f"/mnt/{pathlib.Path(deb).name}", events]
    sys.exit(run_beside_systemd(prepare, *steps))


main()
