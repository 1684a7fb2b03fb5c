"""bundle_steps.py FOLDER PACKAGE EVENTS: installs an unpacked bundle on this machine as its README says."""

import pathlib
import re
import subprocess
import sys

import installed_service


def main():
    folder, package, events = sys.argv[1:]
    installed_service.prepare()
    service = installed_service.Service(package)
    service.watch_closely()
    readme = (pathlib.Path(folder) / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
    print(commands, flush=True)
    subprocess.run(["/bin/sh", "-ec", commands], check=True, cwd=folder)
    service.check_running()
    service.check_files()
    service.wait_for_events(events)
    service.check_stops_and_starts()


main()
