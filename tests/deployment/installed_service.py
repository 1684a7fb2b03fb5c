"""An installed service, looked at from inside of its machine."""

import os
import pathlib
import pwd
import re
import subprocess
import time

PATIENCE = 60


def check(condition, *what):
    """As assert, with or without optimisation."""
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def output(*words):
    """What a command prints, which has to succeed."""
    print("$", *words, flush=True)
    result = subprocess.run(
        words, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    check(result.returncode == 0, *words, "fails:", result.stdout)
    return result.stdout


def command(*words):
    """Runs a command that has to succeed, and shows what it prints."""
    print(output(*words), flush=True)


def check_file(path, mode, owner):
    status = path.stat()
    check(status.st_mode & 0o7777 == mode, path, "has mode", oct(status.st_mode))
    check(pwd.getpwuid(status.st_uid).pw_name == owner, path, "belongs to", status.st_uid)


def prepare():
    """Lets this machine look as if systemd ran, with our systemctl."""
    pathlib.Path("/usr/local/bin").mkdir(parents=True, exist_ok=True)
    pathlib.Path("/usr/local/bin/systemctl").write_bytes(pathlib.Path("/mnt/systemctl").read_bytes())
    pathlib.Path("/usr/local/bin/systemctl").chmod(0o755)
    pathlib.Path("/run/systemd/system").mkdir(parents=True)
    # Containers have one that forbids to start services.
    pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)


class Service:
    """Names of what sluice_deployment installs."""

    def __init__(self, package):
        self.package = package
        self.unit = f"{package}.service"
        self.program = pathlib.Path(f"/usr/bin/{package}")
        self.settings = pathlib.Path(f"/etc/{package}")
        self.data = pathlib.Path(f"/var/lib/{package}")

    def told(self):
        record = pathlib.Path("/run/services") / self.unit
        return record.read_text(encoding="utf-8") if record.exists() else ""

    def pid(self):
        return int(re.search(r"MAINPID=(\d+)", self.told())[1])

    def is_active(self):
        return subprocess.run(["systemctl", "is-active", self.unit], check=False).returncode == 0

    def wait_for_events(self, count):
        """Waits until so many events have gone through it."""
        end = time.monotonic() + PATIENCE
        while f" {count} events received, 0 waiting" not in self.told():
            check(time.monotonic() < end, f"{count} events do not come through; it told:", self.told())
            time.sleep(0.05)

    def check_running(self):
        check(self.is_active(), self.unit, "does not run; it told:", self.told())
        owner = pathlib.Path(f"/proc/{self.pid()}").stat().st_uid
        check(owner == pwd.getpwnam(self.package).pw_uid, "the service runs as user", owner)
        check(owner != 0, "the service runs as root")

    def check_stopped_in_order(self):
        """With every event accounted for: then the exit code is 0."""
        check(not self.is_active(), self.unit, "still runs")
        in_order = "STOPPING=1" in self.told() and self.told().endswith("EXIT=0\n")
        check(in_order, "it did not stop in order:", self.told())
        check("every event is accounted for" in self.told(), "there is no ledger in:", self.told())

    def check_files(self):
        check_file(self.program, 0o755, "root")
        check_file(self.settings / f"{self.package}.yaml", 0o644, "root")
        check_file(self.settings / "environment", 0o600, "root")
        check_file(self.data, 0o750, self.package)


def files():
    """Every path that a package could leave behind."""
    found = set()
    for top in ("etc", "opt", "srv", "usr", "var/lib", "var/spool"):
        for folder, folders, names in os.walk(f"/{top}"):
            if folder == "/var/lib/dpkg":
                folders.clear()  # It remembers what it did.
            found.update(os.path.join(folder, name) for name in folders + names)
    return found
