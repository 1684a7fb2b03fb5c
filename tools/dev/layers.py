"""Proves that no edge of the build runs against the layers.

Usage: layers.py --edges=FILE --testonly=FILE --root=DIR

EDGES is `bazel query --output=graph --nograph:factored` of all targets with their direct dependencies, TESTONLY the
labels of test code. Visibility already refuses most wrong edges; this check also holds when somebody widens a
visibility, and it looks at headers of the system, which every file can include whatever its dependencies say.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# Folder: what it may depend on besides itself. Longer names win. Tests may depend on everything.
LAYERS = {
    "proto": [],
    "storage": ["proto"],
    "pipeline": ["proto", "storage"],
    "plugins": ["proto", "storage/base", "storage/event", "pipeline"],
    "plugins/builtin": ["proto", "storage/base", "storage/event", "pipeline", "plugins"],
    "tools": ["proto", "storage", "pipeline", "plugins"],
}

# Header: the only folder that may include it. Everybody else uses the interface of that folder.
HEADER_OWNERS = {
    "rocksdb/": "storage",
    "concurrentqueue/": "pipeline/queue",
}

EDGE = re.compile(r'^\s*"(?P<source>[^"]+)" -> "(?P<target>[^"]+)"')


def package(label):
    """//a/b:c -> a/b; None for other repositories."""
    return label[2:].split(":")[0] if label.startswith("//") else None


def inside(folder, parent):
    return folder == parent or folder.startswith(parent + "/")


def layer(folder):
    """The longest entry of LAYERS that contains the folder."""
    return max((name for name in LAYERS if inside(folder, name)), key=len, default=None)


def allowed(source, target):
    name = layer(source)
    if name is None or inside(target, "tools/bazel"):
        return True  # Not one of the layers, or part of the build itself.
    return any(inside(target, parent) for parent in [name] + LAYERS[name])


def wrong_edges(edges, testonly):
    for line in edges:
        match = EDGE.match(line)
        if not match or match["source"] in testonly:
            continue
        source, target = package(match["source"]), package(match["target"])
        if source is not None and target and not allowed(source, target):
            yield f'{match["source"]} depends on {match["target"]}'


def wrong_includes(root):
    for header, owner in HEADER_OWNERS.items():
        found = subprocess.run(
            ["git", "grep", "-n", "-E", f'#include [<"]{header}', "--", "*.cc", "*.h"],
            cwd=root,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
        for line in found.stdout.splitlines():
            if not inside(line.split(":")[0], owner) and not inside(line, "tests"):
                yield f"{line}: only {owner}/ may include {header}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("edges", "testonly", "root"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    edges = options.edges.read_text(encoding="utf-8").splitlines()
    testonly = set(options.testonly.read_text(encoding="utf-8").split())
    wrong = sorted(wrong_edges(edges, testonly)) + sorted(wrong_includes(options.root))
    for line in wrong:
        print(f"against the layers: {line}")
    print(f"{sum(bool(EDGE.match(line)) for line in edges)} edges, {len(wrong)} against the layers")
    return 1 if wrong or not edges else 0


if __name__ == "__main__":
    sys.exit(main())
