#!/usr/bin/python3
"""oci_image_test.py ARCHIVE EVENTS: an image of sluice_deployment is what OCI says, and runs.

https://github.com/opencontainers/image-spec/blob/v1.1.0: image-layout.md, manifest.md, config.md. Its configuration has
to end by itself after EVENTS.
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys
import tarfile
import tempfile

import machine
import pipelines


def check(condition, *what):
    if not condition:
        sys.exit(" ".join(str(part) for part in what))


class Layout:
    """The files of an image layout."""

    def __init__(self, archive):
        with tarfile.open(archive) as layout:
            self.files = {member.name: layout.extractfile(member).read() for member in layout if member.isfile()}

    def blob(self, descriptor):
        """What a descriptor tells of."""
        algorithm, digest = descriptor["digest"].split(":")
        check(algorithm == "sha256", "unknown digest", descriptor)
        data = self.files[f"blobs/{algorithm}/{digest}"]
        check(hashlib.sha256(data).hexdigest() == digest, "a blob is not what its digest says:", descriptor)
        check(len(data) == descriptor["size"], "a blob has", len(data), "bytes:", descriptor)
        return data


def read_layers(layout, manifest, config):
    """The layers uncompressed."""
    layers = [gzip.decompress(layout.blob(layer)) for layer in manifest["layers"]]
    digests = ["sha256:" + hashlib.sha256(layer).hexdigest() for layer in layers]
    check(digests == config["rootfs"]["diff_ids"], "the layers are", digests, "not", config["rootfs"]["diff_ids"])
    return layers


def check_layout(layout):
    """Gives the configuration and the layers."""
    check(json.loads(layout.files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}, "no layout of version 1.0.0")
    index = json.loads(layout.files["index.json"])
    check(index["schemaVersion"] == 2 and len(index["manifests"]) == 1, "not one image:", index)
    manifest = json.loads(layout.blob(index["manifests"][0]))
    config = json.loads(layout.blob(manifest["config"]))
    check(config["os"] == "linux" and config["architecture"] in ("amd64", "arm64"), "for which machine?", config)
    layers = read_layers(layout, manifest, config)
    used = {"oci-layout", "index.json"}
    for descriptor in (index["manifests"][0], manifest["config"], *manifest["layers"]):
        used.add("blobs/" + descriptor["digest"].replace(":", "/"))
    check(used == set(layout.files), "blobs that nobody needs:", set(layout.files) - used)
    return config["config"], layers


def check_contents(layers):
    """What a container should not have, and where its parts are from."""
    members = [member for layer in layers for member in tarfile.open(fileobj=io.BytesIO(layer))]
    for member in members:
        writable = member.mode & 0o022 and not member.issym() and member.name != "tmp"
        check(not writable and not member.mode & 0o6000, member.name, "has mode", oct(member.mode))
    names = [member.name for member in members]
    for name in ("etc/ssl/certs/ca-certificates.crt", "var/lib/dpkg/status.d/libc6"):
        check(name in names, name, "is missing")
    check("usr/bin/sh" not in names, "there is a shell")


def main():
    archive, events = sys.argv[1:]
    settings, layers = check_layout(Layout(archive))
    check_contents(layers)
    user = int(settings["User"].split(":")[0])
    check(user != 0, "the image runs as root")

    machine.require_folder()
    root = pathlib.Path(tempfile.mkdtemp())
    root.chmod(0o755)  # As engines do.
    for layer in layers:
        with tarfile.open(fileobj=io.BytesIO(layer)) as files:
            files.extractall(root, numeric_owner=True)
    container = machine.Machine(machine.AS_IT_IS, root)
    environment = dict(variable.split("=", 1) for variable in settings["Env"])
    how = {"folder": settings["WorkingDir"], "user": user, "environment": environment}
    command = [*settings["Entrypoint"], *settings["Cmd"], "--until-finished", "--output", "json"]
    pipelines.check_ledger(container.run(*command, **how), events)


main()
