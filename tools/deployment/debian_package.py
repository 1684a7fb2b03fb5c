"""debian_package.py SPEC OUTPUT: a Debian package with a service."""

import hashlib
import os
import pathlib
import tempfile

import archive
import deployment
import shared_libraries


def control(what, files):
    kilobytes = sum(-(-len(file.content) // 1024) for file in files)
    depends = ["adduser", "ca-certificates", shared_libraries.dependencies(what.programs)]
    fields = {
        "Package": what.package,
        "Version": what.version,
        "Architecture": what.architecture,
        "Maintainer": what.maintainer,
        "Installed-Size": kilobytes,
        "Depends": ", ".join(filter(None, depends)),
        "Section": "net",
        "Priority": "optional",
        "Description": what.description,
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items()).encode()


def control_files(what, files):
    """What dpkg reads and runs."""
    sums = "".join(f"{hashlib.md5(file.content).hexdigest()}  {file.path}\n" for file in files)
    settings = "".join(f"/{file.path}\n" for file in files if file.path.startswith("etc/"))
    scripts = [
        archive.Entry(f"DEBIAN/{name}", mode=0o755, content=what.fill(f"{name}.in"))
        for name in ("postinst", "prerm", "postrm")
    ]
    return [
        archive.Entry("DEBIAN/control", content=control(what, files)),
        archive.Entry("DEBIAN/conffiles", content=settings.encode()),
        archive.Entry("DEBIAN/md5sums", content=sums.encode()),
        *scripts,
    ]


def write(entries, root):
    """Writes files below `root`; their times last, because a file changes that of its folder."""
    root.chmod(0o755)
    for entry in archive.with_parents(entries):
        path = root / entry.path
        if entry.directory:
            path.mkdir()
        else:
            path.write_bytes(entry.content)
        path.chmod(entry.mode)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (archive.MTIME, archive.MTIME))


def build(what):
    files = sorted([*what.program_files(), *what.service_files(), *what.completion_files()])
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "root"
        root.mkdir()
        write([*files, *control_files(what, files)], root)
        package = pathlib.Path(folder) / "package.deb"
        # dpkg-deb takes the time of its archive from here. With several threads xz would cut blocks by their number.
        os.environ["SOURCE_DATE_EPOCH"] = str(archive.MTIME)
        options = ["--root-owner-group", "--threads-max=1", "-Zxz", "-z1"]
        shared_libraries.run("/usr/bin/dpkg-deb", *options, "--build", str(root), str(package))
        return package.read_bytes()


if __name__ == "__main__":
    deployment.make(build)
