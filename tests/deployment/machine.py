"""Machines to throw away: folders that programs take for the root of a Debian, in name spaces of their own."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Mounts end with the name space, which ends with the command.
UNSHARE = ["unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]

BASIC_MOUNTS = """
mkdir -p "$root/proc" "$root/dev" "$root/tmp" "$root/mnt"
mount -t proc proc "$root/proc"
for device in null zero random urandom; do
  : >> "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mount --bind "$share" "$root/mnt"
"""

# A machine with Debian's libraries and programs, and nothing else of this one.
SYSTEM_ONLY = """
mkdir -p "$root/usr" "$root/etc"
mount --bind -o ro /usr "$root/usr"
for folder in bin lib lib64; do ln -sfn "usr/$folder" "$root/$folder"; done
"""

# A copy of this machine; what is written to it is gone afterwards.
COPY = """
mount -t tmpfs tmpfs "$scratch"
mkdir "$scratch/upper" "$scratch/work"
mount -t overlay -o "lowerdir=/,upperdir=$scratch/upper,workdir=$scratch/work" overlay "$root"
mount -t tmpfs tmpfs "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
"""

# The folder is a root already.
AS_IT_IS = "\n"

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}


# Takes the machine's folder as root, becomes the user, and runs the command there.
ENTER = """
import json, os, sys
how = json.loads(sys.argv[1])
os.chroot(how["root"])
os.chdir(how["folder"])
if how["user"]:
    os.setgroups([])
    os.setgid(how["user"])
    os.setuid(how["user"])
os.execve(how["command"][0], how["command"], how["environment"])
"""


class Machine:
    """`share` is its folder /mnt: what is put there before is there, and what programs leave stays."""

    def __init__(self, mounts, root=None):
        scratch = pathlib.Path(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))
        self.mounts = mounts
        self.folders = {"root": root or scratch / "root", "share": scratch / "share", "scratch": scratch / "scratch"}
        for folder in self.folders.values():
            folder.mkdir(exist_ok=True)

    @property
    def share(self):
        return self.folders["share"]

    def put(self, path):
        """Copies a file to the share, and gives its path there."""
        shutil.copy(path, self.share)
        return f"/mnt/{pathlib.Path(path).name}"

    def command(self, *command, folder="/mnt", user=0, environment=ENVIRONMENT):
        """A command of this machine that runs `command` of that one. The name of its program is a path."""
        # Without being root one can be so in a name space, where there are no other users.
        as_root = os.geteuid() == 0
        privilege = [] if as_root else ["--user", "--map-root-user"]
        how = {
            "root": str(self.folders["root"]),
            "folder": folder,
            "user": user if as_root else 0,
            "command": command,
            "environment": environment,
        }
        script = "set -e" + self.mounts + BASIC_MOUNTS + 'exec "$@"'
        folders = [f"{name}={path}" for name, path in self.folders.items()]
        enter = [sys.executable, "-c", ENTER, json.dumps(how)]
        return [*UNSHARE, *privilege, "env", *folders, "/bin/sh", "-c", script, "sh", *enter]

    def run(self, *command, **how):
        """Runs a command in it. The result has `returncode`, and `stdout` with everything that was printed."""
        return subprocess.run(
            self.command(*command, **how),
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )


def require(mounts, why):
    """Ends a test that cannot be made here as if it had passed, which is all that Bazel offers. Says so, and `why`."""
    attempt = Machine(mounts).run("/usr/bin/true")
    if attempt.returncode != 0:
        print(f"SKIPPED: {why}, and this one could not: {attempt.stdout}")
        sys.exit(0)


def require_folder():
    require(SYSTEM_ONLY, "a machine that is a folder needs name spaces")


def require_copy():
    if os.geteuid() != 0:
        print("SKIPPED: only root can have a machine with other users")
        sys.exit(0)
    require(COPY, "a copy of this machine is one file system laid over another")
