"""bundle_steps.py FOLDER PACKAGE EVENTS: installs an unpacked bundle on this machine as its README says."""

import pathlib
import re
import subprocess
import sys

import installed_service
from installed_service import check


def main():
    folder, package, events = sys.argv[1:]
    installed_service.prepare()
    readme = (pathlib.Path(folder) / "README.md").read_text(encoding="utf-8")
    commands = re.search(r"```sh\n(.*?)```", readme, re.DOTALL)[1]
    print(commands, flush=True)
    subprocess.run(["/bin/sh", "-ec", commands], check=True, cwd=folder)
    service = installed_service.Service(package)
    service.check_running()
    service.check_files()
    service.wait_for_events(events)
    subprocess.run(["systemctl", "stop", package], check=True)
    service.check_stopped_in_order()
    check(service.pid() > 0, "it never ran")


main()
