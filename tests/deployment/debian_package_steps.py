"""debian_package_steps.py PACKAGE DEB EVENTS: the life of a package on this machine, from installation to purge."""

import pathlib
import shutil
import sys

import installed_service
from installed_service import check, command, output

ACCOUNTS = [pathlib.Path("/etc") / name for name in ("passwd", "group", "shadow", "gshadow")]


def accounts():
    return [path.read_text(encoding="utf-8") for path in ACCOUNTS if path.exists()]


def install(service, deb, events):
    command("dpkg", "--install", deb)
    service.check_files()
    service.check_running()
    service.wait_for_events(events)
    link = pathlib.Path("/etc/systemd/system/multi-user.target.wants") / service.unit
    check(link.is_symlink(), "the service is not enabled")


def judge_unit(service):
    """By systemd itself, where it is installed."""
    if not shutil.which("systemd-analyze"):
        print("systemd-analyze is not here, so nobody judges the unit")
        return
    command("systemd-analyze", "verify", "--man=no", f"/usr/lib/systemd/system/{service.unit}")
    # 0 is perfect, 100 is a service without any protection.
    report = output("systemd-analyze", "security", "--offline=yes", "--threshold=20", "--no-pager", service.unit)
    print(report.splitlines()[-1])


def check_completions(service):
    """Of the commands that the program has, under the name that it has."""
    script = pathlib.Path("/usr/share/bash-completion/completions") / service.package
    check(script.exists(), script, "is not there")
    line = f"source {script}; COMP_WORDS=({service.package} vali) COMP_CWORD=1; _{service.package}; echo ${{COMPREPLY[*]}}"
    completed = output("bash", "-c", line).strip()
    check(completed == "validate", "bash completes vali to", completed)
    zsh = pathlib.Path("/usr/share/zsh/vendor-completions") / f"_{service.package}"
    check(zsh.read_text(encoding="utf-8").startswith(f"#compdef {service.package}\n"), zsh, "is not for the program")


def install_again(service, deb, events):
    """The service is restarted, and a change of its administrator stays."""
    config = service.settings / f"{service.package}.yaml"
    changed = config.read_text(encoding="utf-8") + "# Changed here.\n"
    config.write_text(changed, encoding="utf-8")
    pid = service.pid()
    command("dpkg", "--install", "--force-confold", deb)
    service.check_running()
    check(service.pid() != pid, "the service was not restarted")
    check(config.read_text(encoding="utf-8") == changed, "the configuration was replaced")
    service.wait_for_events(events)


def remove(service):
    """The service stops; configuration and data stay."""
    pid = service.pid()
    command("dpkg", "--remove", service.package)
    installed_service.check_ended(pid)
    check(not service.program.exists(), service.program, "is still there")
    check((service.settings / f"{service.package}.yaml").exists(), "removal took the configuration")
    check(any(service.data.iterdir()), "removal took the data")


def purge(service, files_before, accounts_before):
    """Also of a service that runs."""
    pid = service.pid()
    command("dpkg", "--purge", service.package)
    installed_service.check_ended(pid)
    left = sorted(path for path in installed_service.files() - files_before if not path.endswith("-"))
    check(not left, "purge leaves", *left)
    check(accounts() == accounts_before, "purge leaves an account")


def main():
    package, deb, events = sys.argv[1:]
    installed_service.prepare()
    service = installed_service.Service(package)
    service.watch_closely()
    files_before, accounts_before = installed_service.files(), accounts()
    install(service, deb, events)
    check(not output("dpkg", "--verify", package), "dpkg finds other files than those of the package")
    judge_unit(service)
    check_completions(service)
    service.check_stops_and_starts()
    install_again(service, deb, events)
    remove(service)
    install(service, deb, events)
    purge(service, files_before, accounts_before)


main()
