"""Tar archives whose bytes depend on nothing but what is in them."""

import dataclasses
import gzip
import io
import posixpath
import tarfile

# Of every file: no build should show in what it builds. 2000-01-01, because tar warns about the year 1970.
MTIME = 946684800


@dataclasses.dataclass(frozen=True, order=True)
class Entry:
    """A file; with `link`, a symbolic link there; with `directory`, a folder."""

    path: str  # Without a slash at either end.
    mode: int = 0o644
    content: bytes = b""
    link: str = ""
    directory: bool = False
    owner: int = 0  # User and group; numbers, because names mean something else on each machine.


def parents(path):
    """a/b/c: a, a/b."""
    folder = posixpath.dirname(path)
    return [*parents(folder), folder] if folder else []


def with_parents(entries):
    """`entries` with every folder that is above one of them, in order of their paths."""
    everything = {entry.path: entry for entry in entries}
    if len(everything) != len(entries):
        raise ValueError("two entries have the same path")
    for path in list(everything):
        for folder in parents(path):
            everything.setdefault(folder, Entry(folder, mode=0o755, directory=True))
    return [everything[path] for path in sorted(everything)]


def tar_info(entry):
    info = tarfile.TarInfo(entry.path)
    info.mtime = MTIME
    info.mode = entry.mode
    info.uid = info.gid = entry.owner
    if entry.directory:
        info.type = tarfile.DIRTYPE
    elif entry.link:
        info.type = tarfile.SYMTYPE
        info.linkname = entry.link
        info.mode = 0o777
    else:
        info.size = len(entry.content)
    return info


def tar(entries):
    """The bytes of an archive of `entries`, and of the folders above them."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as file:
        for entry in with_parents(entries):
            file.addfile(tar_info(entry), io.BytesIO(entry.content))
    return archive.getvalue()


def compress(data):
    return gzip.compress(data, compresslevel=6, mtime=0)
