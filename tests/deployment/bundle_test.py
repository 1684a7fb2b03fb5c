#!/usr/bin/python3
"""bundle_test.py ARCHIVE EVENTS: a bundle of sluice_deployment runs where it is unpacked, and is installed as it says.

On a machine with the libraries of this one and without its other files: no sources, nothing that was built. Its
configuration has to end by itself after EVENTS.
"""

import pathlib
import re
import sys
import tarfile

import machine
import pipelines
from booted_machine import run_beside_systemd

HERE = pathlib.Path(__file__).resolve().parent


def unpack(archive, folder):
    """Gives the name of the folder that is in the archive."""
    with tarfile.open(archive) as bundle:
        bundle.extractall(folder, filter="tar") if hasattr(tarfile, "tar_filter") else bundle.extractall(folder)
        return bundle.getnames()[0].split("/")[0]


def check_it_runs(archive, events):
    """In an otherwise empty folder, with an empty environment."""
    machine.require_folder()
    bare = machine.Machine(machine.SYSTEM_ONLY)
    root = unpack(archive, bare.share)
    package = re.fullmatch(r"(.+)-[0-9].*", root)[1]
    program = f"/mnt/{root}/usr/bin/{package}"
    config = f"/mnt/{root}/etc/{package}/{package}.yaml"
    run = bare.run(program, "run", "--config", config, "--until-finished", "--output", "json", environment={})
    pipelines.check_ledger(run, events)
    return root, package


def check_it_installs(archive, root, package, events):
    def prepare(where):
        unpack(archive, where.share)
        for name in ("systemctl", "installed_service.py", "bundle_steps.py"):
            where.put(HERE / name)

    steps = ["/usr/bin/python3", "/mnt/bundle_steps.py", f"/mnt/{root}", package, events]
    if run_beside_systemd(prepare, *steps) != 0:
        sys.exit("it does not install as its README says")


def main():
    archive, events = sys.argv[1:]
    root, package = check_it_runs(archive, events)
    check_it_installs(archive, root, package, events)


main()
