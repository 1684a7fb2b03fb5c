"""An installed service, looked at from inside of its machine."""

import os
import pathlib
import pwd
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


def check_ended(pid):
    check(not pathlib.Path(f"/proc/{pid}").exists(), "process", pid, "still runs")


def prepare():
    """Lets this machine look as if systemd ran, with our systemctl, unless it does."""
    # Containers have one that forbids to start services.
    pathlib.Path("/usr/sbin/policy-rc.d").unlink(missing_ok=True)
    if pathlib.Path("/run/systemd/system").exists():
        return
    pathlib.Path("/usr/local/bin").mkdir(parents=True, exist_ok=True)
    pathlib.Path("/usr/local/bin/systemctl").write_bytes(pathlib.Path("/mnt/systemctl").read_bytes())
    pathlib.Path("/usr/local/bin/systemctl").chmod(0o755)
    pathlib.Path("/run/systemd/system").mkdir(parents=True)


class Service:
    """Names of what sluice_deployment installs."""

    def __init__(self, package):
        self.package = package
        self.unit = f"{package}.service"
        self.program = pathlib.Path(f"/usr/bin/{package}")
        self.settings = pathlib.Path(f"/etc/{package}")
        self.data = pathlib.Path(f"/var/lib/{package}")

    def watch_closely(self):
        """Lets it tell of itself every few seconds. For before it is installed."""
        changes = pathlib.Path(f"/etc/systemd/system/{self.unit}.d/test.conf")
        changes.parent.mkdir(parents=True)
        changes.write_text("[Service]\nWatchdogSec=16s\n", encoding="utf-8")

    def show(self, name):
        """What systemd knows about the service under this name."""
        command_line = ["systemctl", "show", f"--property={name}", "--value", self.unit]
        return subprocess.check_output(command_line, encoding="utf-8").strip()

    def pid(self):
        return int(self.show("MainPID"))

    def is_active(self):
        return self.show("ActiveState") == "active"

    def wait_for_events(self, count):
        """Waits until so many events have gone through it."""
        end = time.monotonic() + PATIENCE
        while f" {count} events received, 0 waiting" not in self.show("StatusText"):
            check(time.monotonic() < end, f"{count} events do not come through, but", self.show("StatusText"))
            time.sleep(0.05)

    def check_running(self):
        check(self.is_active(), self.unit, "is", self.show("ActiveState"), self.show("StatusText"))
        owner = pathlib.Path(f"/proc/{self.pid()}").stat().st_uid
        check(owner == pwd.getpwnam(self.package).pw_uid, "the service runs as user", owner)
        check(owner != 0, "the service runs as root")

    def check_stops_and_starts(self):
        """By hand. The exit code is 0 if every event is accounted for."""
        pid = self.pid()
        command("systemctl", "stop", self.unit)
        check_ended(pid)
        ended = [self.show(name) for name in ("ActiveState", "ExecMainCode", "ExecMainStatus")]
        check(ended == ["inactive", "1", "0"], self.unit, "did not stop in order, but is", *ended)
        command("systemctl", "start", self.unit)
        self.check_running()

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
