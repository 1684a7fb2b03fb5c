"""oci_image.py SPEC OUTPUT: a container image as an archive of an OCI image layout, made without any daemon.

The layout: https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md. In the image are the program and
the files of Debian packages that it needs, no shell and no package manager. Which packages these are stands in
var/lib/dpkg/status.d, where scanners for vulnerabilities look in images without dpkg.
"""

import hashlib
import json
import pathlib

import archive
import deployment
import shared_libraries
from archive import Entry

# By custom, "nonroot" of images without users.
USER = 65532

TYPES = "application/vnd.oci.image"
CERTIFICATES = pathlib.Path("/usr/share/ca-certificates/mozilla")


def certificate_bundle():
    """Those of Debian's package, not /etc/ssl/certs: a build machine may trust others besides."""
    certificates = sorted(CERTIFICATES.glob("*.crt"))
    if not certificates:
        raise shared_libraries.Unusable(f"{CERTIFICATES} is empty; install the Debian package ca-certificates")
    return b"".join(certificate.read_bytes() for certificate in certificates)


def library_files(libraries):
    """Each where the loader looks for it. /lib is a link, so files lie below usr."""
    return [
        Entry("usr" + path.removeprefix("/usr"), mode=0o755, content=pathlib.Path(path).read_bytes())
        for path in libraries
    ]


def package_files(packages):
    """What was taken from where, and under which terms."""
    files = []
    for package in packages:
        name = package.split(":")[0]
        terms = pathlib.Path(f"/usr/share/doc/{name}/copyright")
        files.append(Entry(f"var/lib/dpkg/status.d/{name}", content=shared_libraries.package_status(package).encode()))
        if terms.exists():  # Some images of Debian are built without documentation.
            files.append(Entry(f"usr/share/doc/{name}/copyright", content=terms.read_bytes()))
    return files


def system_layer(what):
    libraries = shared_libraries.needed(what.programs)
    packages = ["ca-certificates", *shared_libraries.packages_of(libraries)]
    users = f"root:x:0:0:root:/:/sbin/nologin\n{what.package}:x:{USER}:{USER}::/var/lib/{what.package}:/sbin/nologin\n"
    return [
        Entry("lib", link="usr/lib"),
        Entry("lib64", link="usr/lib64"),
        *library_files(libraries),
        *package_files(packages),
        Entry("etc/group", content=f"root:x:0:\n{what.package}:x:{USER}:\n".encode()),
        Entry("etc/nsswitch.conf", content=b"passwd: files\ngroup: files\nhosts: files dns\n"),
        Entry("etc/passwd", content=users.encode()),
        Entry("etc/ssl/certs/ca-certificates.crt", content=certificate_bundle()),
        Entry("tmp", mode=0o1777, directory=True),
    ]


def program_layer(what):
    return [*what.program_files(), Entry(f"var/lib/{what.package}", mode=0o750, directory=True, owner=USER)]


class Layout:
    """Blobs by their digest."""

    def __init__(self):
        self.files = {}

    def add(self, media_type, data):
        """Gives the descriptor of a blob."""
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"{TYPES}.{media_type}", "digest": f"sha256:{digest}", "size": len(data)}

    def add_json(self, media_type, value):
        return self.add(media_type, json.dumps(value, sort_keys=True).encode())


def settings(what, layers):
    """The configuration of the image; its layers uncompressed."""
    return {
        "architecture": what.architecture,
        "os": "linux",
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}" for layer in layers]},
        "config": {
            "User": f"{USER}:{USER}",
            "Env": ["PATH=/usr/bin"],
            "Entrypoint": [f"/usr/bin/{what.package}"],
            "Cmd": ["run", "--config", f"/etc/{what.package}/{what.package}.yaml"],
            "WorkingDir": f"/var/lib/{what.package}",
            "Volumes": {f"/var/lib/{what.package}": {}},
            "StopSignal": "SIGTERM",
        },
    }


def build(what):
    layout = Layout()
    layers = [archive.tar(system_layer(what)), archive.tar(program_layer(what))]
    manifest = {
        "schemaVersion": 2,
        "mediaType": f"{TYPES}.manifest.v1+json",
        "config": layout.add_json("config.v1+json", settings(what, layers)),
        "layers": [layout.add("layer.v1.tar+gzip", archive.compress(layer)) for layer in layers],
        "annotations": {
            "org.opencontainers.image.title": what.package,
            "org.opencontainers.image.version": what.version,
            "org.opencontainers.image.description": what.description,
        },
    }
    tagged = {
        **layout.add_json("manifest.v1+json", manifest),
        "platform": {"architecture": what.architecture, "os": "linux"},
        "annotations": {"org.opencontainers.image.ref.name": f"{what.package}:{what.version}"},
    }
    index = {"schemaVersion": 2, "mediaType": f"{TYPES}.index.v1+json", "manifests": [tagged]}
    layout.files["index.json"] = json.dumps(index, sort_keys=True).encode()
    layout.files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    return archive.tar([Entry(path, content=data) for path, data in layout.files.items()])


if __name__ == "__main__":
    deployment.make(build)
