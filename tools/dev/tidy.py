"""Runs clang-tidy over our C++ sources, on all cores, and remembers clean files.

Usage: tidy.py --actions=FILE --root=DIR --execution_root=DIR --cache=DIR

FILE is `bazel aquery --output=jsonproto` of the compile actions: it names the flags and, for each object, the list of
files it was compiled from. A file is looked at again only when one of those files, its flags or .clang-tidy changed.
"""

import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys

CLANG_TIDY = "clang-tidy-14"
# Tests are left out: they take most of the time, and a bug in them shows when they run.
OUR_SOURCE = re.compile(r"^(?!tests/|.*_test\.cc$)(storage|pipeline|plugins|tools|examples)/.*\.cc$")

# Flags of GCC that clang does not know, flags about outputs, and warnings, which are the compiler's business.
DROPPED_FLAG = re.compile(r"^(-W.*|-fno-canonical-system-headers|-MD|-c|-frandom-seed=.*|-D__(DATE|TIME(STAMP)?)__=.*)$")
DROPPED_WITH_VALUE = ("-MF", "-o")

# The one family of warnings that only clang has: it checks ABSL_GUARDED_BY and its relatives.
ADDED_FLAGS = ["-Wno-everything", "-Wthread-safety"]


def include_flags(folder, execution_root):
    """Where to find quoted includes when clang-tidy runs in the root of the tree."""
    if folder.startswith(("bazel-out/", "external/")):
        return ["-isystem", str(execution_root / folder)]  # Not ours: no findings, please.
    return ["-iquote", folder]


class Compilation:
    """One source file with the flags it is compiled with."""

    def __init__(self, arguments, execution_root):
        self.source = None
        self.dependency_list = None
        self.flags = []
        arguments = iter(arguments[1:])
        for argument in arguments:
            if argument in DROPPED_WITH_VALUE:
                value = next(arguments)
                if argument == "-MF":
                    self.dependency_list = execution_root / value
            elif argument.endswith(".cc") and not argument.startswith("-"):
                self.source = argument
            elif argument == "-iquote":
                self.flags += include_flags(next(arguments), execution_root)
            elif not DROPPED_FLAG.match(argument):
                self.flags.append(argument)
        self.flags += ADDED_FLAGS


def read_compilations(path, execution_root):
    """Our source files, each once although tests and libraries may compile it in several ways."""
    with open(path, encoding="utf-8") as file:
        actions = json.load(file).get("actions", [])
    compilations = {}
    for action in actions:
        compilation = Compilation(action["arguments"], execution_root)
        if compilation.source and OUR_SOURCE.match(compilation.source):
            compilations.setdefault(compilation.source, compilation)
    return [compilations[source] for source in sorted(compilations)]


def dependencies(compilation, options):
    """Files outside /usr that the source is compiled from, or None when they are not known."""
    try:
        text = compilation.dependency_list.read_text(encoding="utf-8")
    except (OSError, AttributeError):
        return None
    names = text.replace("\\\n", " ").split(":", 1)[1].split()
    roots = {True: options.execution_root, False: options.root}
    return sorted(roots[name.startswith(("bazel-out/", "external/"))] / name for name in set(names)
                  if not name.startswith("/usr/"))


def fingerprint(compilation, options, configuration):
    """A name for this exact work, or None when it cannot be known."""
    files = dependencies(compilation, options)
    if files is None:
        return None
    flags = "\0".join([compilation.source] + compilation.flags)
    digest = hashlib.sha256(configuration)
    digest.update(flags.replace(str(options.execution_root), "").encode())  # Where the clone lies does not matter.
    for path in files:
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError:
            return None
    return digest.hexdigest()


def lint(compilation, options, configuration):
    """Returns (whether the file is clean, what clang-tidy said, whether it was remembered)."""
    key = fingerprint(compilation, options, configuration)
    mark = options.cache / key if key else None
    if mark and mark.exists():
        mark.touch()
        return True, "", True
    command = [CLANG_TIDY, "--quiet", compilation.source, "--"]
    result = subprocess.run(
        command + compilation.flags,
        cwd=options.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # Only counts of suppressed warnings.
        encoding="utf-8",
        check=False,
    )
    clean = result.returncode == 0
    if clean and mark:
        mark.touch()
    return clean, result.stdout, False


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("actions", "root", "execution_root", "cache"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([CLANG_TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
    configuration = version + (options.root / ".clang-tidy").read_bytes()

    compilations = read_compilations(options.actions, options.execution_root)
    remembered = unclean = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        work = pool.map(lambda compilation: lint(compilation, options, configuration), compilations)
        for compilation, (clean, output, known) in zip(compilations, work):
            remembered += known
            if not clean:
                unclean += 1
                print(f"{compilation.source}:\n{output}", flush=True)
    print(f"{len(compilations)} files, {remembered} unchanged since they were clean, {unclean} with findings")
    return 1 if unclean else 0


if __name__ == "__main__":
    sys.exit(main())
