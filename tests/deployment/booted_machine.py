"""A copy of this machine that systemd has booted, as it boots a container.

https://systemd.io/CONTAINER_INTERFACE. Not everywhere: it needs a root who may mount control groups.
"""

import shlex
import subprocess
import time

import machine

UNSHARE = [*machine.UNSHARE, "--ipc", "--uts", "--cgroup"]

MOUNTS = """
mount -t sysfs -o ro sysfs "$root/sys"
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  mkdir "$root/sys/fs/cgroup/systemd"
  mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
fi
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
: > "$root/dev/console"
for device in full tty; do
  : > "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
"""

# The only thing to be done on the machine: it is switched off afterwards.
UNIT = """
[Unit]
DefaultDependencies=no
After=basic.target
[Service]
Type=oneshot
ExecStart=/bin/sh /mnt/steps
ExecStopPost=/usr/bin/systemctl --force --force poweroff
"""

# chroot is not enough: systemd moves mounts about, which needs the root of a mount name space.
BOOT = """
cp "$root/mnt/steps.service" "$root/etc/systemd/system/steps.service"
cd "$root"
mkdir .old
pivot_root . .old
umount -l /.old
rmdir /.old
exec env -i container=test "PATH=$PATH" /usr/lib/systemd/systemd --system --unit=steps.service
"""

BOOT_SECONDS = 60


class BootedMachine(machine.Machine):
    """A machine for one command."""

    def __init__(self):
        super().__init__(machine.COPY)

    def boot(self, *command):
        """Boots it, runs the command there, and switches it off.

        Gives the command's result, or None if systemd does not come up.
        """
        steps = f"touch /mnt/booted; {shlex.join(command)} > /mnt/output 2>&1; echo $? > /mnt/exit_code\n"
        (self.share / "steps").write_text(steps, encoding="utf-8")
        (self.share / "steps.service").write_text(UNIT, encoding="utf-8")
        script = "set -e" + self.mounts + MOUNTS + machine.BASIC_MOUNTS + BOOT
        folders = [f"{name}={path}" for name, path in self.folders.items()]
        system = subprocess.Popen(
            [*UNSHARE, "env", *folders, "/bin/sh", "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            if not self.comes_up(system):
                return None
            system.wait()
        finally:
            system.kill()
        code = int((self.share / "exit_code").read_text(encoding="utf-8"))
        return subprocess.CompletedProcess(command, code, (self.share / "output").read_text(encoding="utf-8"))

    def comes_up(self, system):
        end = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < end and system.poll() is None:
            if (self.share / "booted").exists():
                return True
            time.sleep(0.05)
        return (self.share / "booted").exists()


def run_beside_systemd(prepare, *command):
    """Runs a command as root of a machine that prepare(machine) has put files on.

    Shows what it prints, and gives its exit code. Where systemd does not boot, our systemctl has to do.
    """
    machine.require_copy()
    booted = BootedMachine()
    prepare(booted)
    result = booted.boot(*command)
    if result is None:
        print("systemd does not boot here, so our systemctl takes its place")
        copy = machine.Machine(machine.COPY)
        prepare(copy)
        result = copy.run(*command)
    print(result.stdout)
    return result.returncode
