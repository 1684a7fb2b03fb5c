"""Rules that the BUILD files of Sluice and of plugins outside this tree load."""

SluiceProtoInfo = provider(
    doc = "Protobuf sources for other sluice_proto_library targets to import.",
    fields = {
        "roots": "depset of folders that imports are resolved against",
        "sources": "depset of .proto files, with those of all dependencies",
    },
)

def _workspace_folder(ctx):
    # The folder of this target's workspace in the execution root: empty at home, external/<name> when used elsewhere.
    return ctx.label.workspace_root or "."

def _generated_path(ctx, source, extension):
    # short_path is ../<name>/a/b.proto for sources of an external repository.
    path = source.short_path
    if path.startswith("../"):
        path = path.split("/", 2)[2]
    package = ctx.label.package
    if package and not path.startswith(package + "/"):
        fail("%s lies outside package %s" % (path, package))
    relative = path[len(package) + 1:] if package else path
    return relative[:-len(".proto")] + extension

def _generate(ctx, generator, extensions, plugins = []):
    """Runs protoc over ctx.files.srcs with --<generator>_out; each source gives one file per extension."""
    infos = [dep[SluiceProtoInfo] for dep in ctx.attr.deps]
    sources = depset(ctx.files.srcs, transitive = [info.sources for info in infos])
    roots = depset([_workspace_folder(ctx)], transitive = [info.roots for info in infos])
    outputs = [
        ctx.actions.declare_file(_generated_path(ctx, source, extension))
        for source in ctx.files.srcs
        for extension in extensions
    ]

    args = ctx.actions.args()
    args.add_all(plugins)
    args.add("--%s_out=%s/%s" % (generator, ctx.bin_dir.path, _workspace_folder(ctx)))
    args.add_all(roots, format_each = "-I%s")
    args.add_all(ctx.files.srcs)
    ctx.actions.run(
        executable = "/usr/bin/protoc",
        arguments = [args],
        inputs = sources,
        outputs = outputs,
        mnemonic = "SluiceProtoc",
        progress_message = "Generating C++ from %s" % ctx.label,
    )
    return [
        DefaultInfo(files = depset(outputs)),
        OutputGroupInfo(
            hdrs = depset([f for f in outputs if f.extension == "h"]),
            srcs = depset([f for f in outputs if f.extension == "cc"]),
        ),
        SluiceProtoInfo(sources = sources, roots = roots),
    ]

_SOURCES_ATTRS = {
    "srcs": attr.label_list(allow_files = [".proto"], mandatory = True),
    "deps": attr.label_list(providers = [SluiceProtoInfo]),
}

def _proto_sources_impl(ctx):
    return _generate(ctx, "cpp", [".pb.h", ".pb.cc"])

_proto_sources = rule(implementation = _proto_sources_impl, attrs = _SOURCES_ATTRS)

def _grpc_sources_impl(ctx):
    return _generate(
        ctx,
        "grpc",
        [".grpc.pb.h", ".grpc.pb.cc"],
        ["--plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin"],
    )

_grpc_sources = rule(implementation = _grpc_sources_impl, attrs = _SOURCES_ATTRS)

def _proto_library_impl(ctx):
    return [
        ctx.attr.cc[DefaultInfo],
        ctx.attr.cc[CcInfo],
        ctx.attr.sources[SluiceProtoInfo],
    ]

# One target that C++ depends on for code and .proto files depend on for imports.
_proto_library = rule(
    implementation = _proto_library_impl,
    attrs = {
        "cc": attr.label(providers = [CcInfo], mandatory = True),
        "sources": attr.label(providers = [SluiceProtoInfo], mandatory = True),
    },
)

def _library(name, sources_rule, srcs, proto_deps, cc_deps, kwargs):
    """The three steps from .proto to a library: generate, compile, and offer both under one name."""
    visibility = kwargs.pop("visibility", None)
    private = dict(kwargs, visibility = ["//visibility:private"])
    sources = name + "_sources"
    sources_rule(name = sources, srcs = srcs, deps = proto_deps, **private)
    for group in ["hdrs", "srcs"]:
        native.filegroup(name = name + "_" + group, srcs = [sources], output_group = group, **private)
    native.cc_library(
        name = name + "_cc",
        srcs = [name + "_srcs"],
        hdrs = [name + "_hdrs"],
        deps = cc_deps,
        **private
    )
    _proto_library(name = name, cc = name + "_cc", sources = sources, visibility = visibility, **kwargs)

def sluice_proto_library(name, srcs, deps = [], **kwargs):
    """C++ messages from .proto files.

    Imports and includes are written from the workspace root: `import "proto/event/v1/event.proto"`,
    `#include "proto/event/v1/event.pb.h"`.

    Args:
      name: the target, usable in `deps` of C++ rules and of this macro.
      srcs: .proto files of this package.
      deps: the sluice_proto_library of each import; Protobuf's own types need none.
      **kwargs: visibility, testonly and other common attributes.
    """
    _library(name, _proto_sources, srcs, deps, deps + ["@system//:protobuf"], kwargs)

def sluice_grpc_library(name, srcs, deps, **kwargs):
    """C++ stubs and service bases from .proto files that declare services.

    Args:
      name: the target.
      srcs: the same .proto files as the sluice_proto_library in `deps`.
      deps: the sluice_proto_library of `srcs`, and of each import.
      **kwargs: visibility, testonly and other common attributes.
    """
    _library(name, _grpc_sources, srcs, deps, deps + ["@system//:grpc++"], kwargs)

# What generated code calls to register a file of messages: the constructor of Protobuf's AddDescriptorsRunner.
_REGISTER_DESCRIPTORS = "_ZN6google8protobuf8internal20AddDescriptorsRunnerC1EPKNS1_15DescriptorTableE"

def sluice_plugin_library(name, srcs, deps, **kwargs):
    """A shared object with plugins, NAME.so, for `plugins: [{library: NAME.so}]` in a configuration.

    Its one exported symbol is what SLUICE_PLUGIN_LIBRARY() defines. All Sluice code and messages in it are its own; system
    libraries, Protobuf and Abseil among them, are shared with the process.

    Args:
      name: the target is NAME.so.
      srcs: a C++ source with the line SLUICE_PLUGIN_LIBRARY(RegisterMine) (pipeline/abi/library/export.h).
      deps: the library that defines RegisterMine, the same that is linked in elsewhere.
      **kwargs: visibility, testonly and other common attributes.
    """
    exports = "@sluice//pipeline/abi/library:plugin_library.lds"
    native.cc_binary(
        name = name + ".so",
        srcs = srcs,
        additional_linker_inputs = [exports],
        linkopts = [
            "-Wl,--version-script=$(location %s)" % exports,
            "-Wl,--wrap=" + _REGISTER_DESCRIPTORS,
            # Protobuf keeps pointers into what was loaded.
            "-Wl,-z,nodelete",
        ],
        linkshared = True,
        linkstatic = True,
        deps = deps + [
            "@sluice//pipeline/abi/library:export",
            "@sluice//pipeline/abi/library:register_descriptors",
        ],
        **kwargs
    )

def sluice_plugin_process(name, srcs, deps, **kwargs):
    """A program with plugins, for `plugins: [{process: {name: NAME, command: [PROGRAM]}}]` in a configuration.

    Args:
      name: the program.
      srcs: a C++ source with the line SLUICE_PLUGIN_PROCESS(RegisterMine) (pipeline/plugin_process/program/serve.h).
      deps: the library that defines RegisterMine, the same that is linked in elsewhere.
      **kwargs: visibility, testonly and other common attributes.
    """
    native.cc_binary(
        name = name,
        srcs = srcs,
        deps = deps + ["@sluice//pipeline/plugin_process/program:serve"],
        **kwargs
    )

def sluice_fuzz_test(name, srcs, deps = [], corpus = [], **kwargs):
    """A fuzz target: `srcs` define LLVMFuzzerTestOneInput().

    Its corpus is every file of the folder NAME_corpus beside it, and `corpus`. An ordinary build makes it a test that runs each of
    them once, so that an input which once failed stays tested; `./dev fuzz` searches for new ones.

    Args:
      name: the target.
      srcs: C++ sources.
      deps: C++ dependencies.
      corpus: further input files.
      **kwargs: size, tags and other attributes of cc_test.
    """
    fuzzing = "@sluice//tools/bazel:fuzz"
    corpus = corpus + native.glob([name + "_corpus/*"])
    native.cc_test(
        name = name,
        size = kwargs.pop("size", "small"),
        srcs = srcs,
        args = select({
            fuzzing: ["-runs=0"],
            "//conditions:default": [],
        }) + ["$(rootpath %s)" % file for file in corpus],
        data = corpus,
        linkopts = select({
            fuzzing: ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        tags = kwargs.pop("tags", []) + ["fuzz"],
        deps = deps + select({
            fuzzing: [],
            "//conditions:default": ["@sluice//tools/bazel:fuzz_replay_main"],
        }),
        **kwargs
    )
