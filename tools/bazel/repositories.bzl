"""External repositories of Sluice, for this workspace and for workspaces that use Sluice.

A plugin author's WORKSPACE reads:

    local_repository(name = "sluice", path = "...")
    load("@sluice//tools/bazel:repositories.bzl", "sluice_repositories")
    sluice_repositories()
"""

# Debian installs Bazel's own rule sets here.
_BAZEL_SHARE = "/usr/share/bazel"

def _stub_repository_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    for path, content in ctx.attr.files.items():
        ctx.file(path, content)

# A repository written in place. A local_repository would need a path, and relative paths
# mean something else when Sluice is itself an external repository.
_stub_repository = repository_rule(
    implementation = _stub_repository_impl,
    attrs = {"files": attr.string_dict(doc = "Path inside the repository to file content.")},
    local = True,
)

# Debian's bazel-rules-cc 0.0.4 does not load under Bazel 4.2.3, and the native rules are all it would give us.
_RULES_CC_DEFS = """
cc_binary = native.cc_binary
cc_import = native.cc_import
cc_library = native.cc_library
cc_proto_library = native.cc_proto_library
cc_test = native.cc_test
cc_toolchain = native.cc_toolchain
cc_toolchain_suite = native.cc_toolchain_suite
"""

# Bazel resolves these labels for every test, and downloads the tools if nobody provides them.
_COVERAGE_BUILD = """
package(default_visibility = ["//visibility:public"])

sh_binary(name = "coverage_report_generator", srcs = ["unavailable.sh"])
sh_binary(name = "lcov_merger", srcs = ["unavailable.sh"])
"""

_COVERAGE_SCRIPT = """#!/bin/sh
echo "coverage needs tools that this build does not provide" >&2
exit 1
"""

def sluice_repositories():
    """Declares every external repository, skipping names that the workspace already has."""
    existing = native.existing_rules()

    # Constraints that the C++ toolchain names.
    if "platforms" not in existing:
        native.local_repository(name = "platforms", path = _BAZEL_SHARE + "/tools/platforms")

    # Bazel's embedded tools load these three, though Sluice has no Java and generates Protobuf by itself.
    if "bazel_skylib" not in existing:
        native.local_repository(name = "bazel_skylib", path = _BAZEL_SHARE + "/tools/skylib")
    if "rules_java" not in existing:
        native.local_repository(name = "rules_java", path = _BAZEL_SHARE + "/rules/java")
    if "rules_proto" not in existing:
        native.local_repository(name = "rules_proto", path = _BAZEL_SHARE + "/rules/proto")
    if "rules_cc" not in existing:
        _stub_repository(
            name = "rules_cc",
            files = {
                "BUILD": "",
                "cc/BUILD": "exports_files([\"defs.bzl\"])\n",
                "cc/defs.bzl": _RULES_CC_DEFS,
            },
        )
    if "remote_coverage_tools" not in existing:
        _stub_repository(
            name = "remote_coverage_tools",
            files = {
                "BUILD": _COVERAGE_BUILD,
                "unavailable.sh": _COVERAGE_SCRIPT,
            },
        )

    # Every library we link against: headers and shared objects of Debian packages.
    if "system" not in existing:
        native.new_local_repository(
            name = "system",
            path = "/usr",
            build_file = "@sluice//tools/bazel:system.BUILD",
        )

    # Which packages are installed. A deployment is built anew when one of them is.
    if "dpkg" not in existing:
        native.new_local_repository(
            name = "dpkg",
            path = "/var/lib/dpkg",
            build_file_content = "exports_files([\"status\"])\n",
        )
