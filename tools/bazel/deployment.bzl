"""Rules for those who build and ship a Sluice of their own; docs/deployment.md has examples.

    load("@sluice//tools/bazel:deployment.bzl", "sluice_binary", "sluice_config_test")
"""

_BUILTIN = {"@sluice//plugins/builtin": "sluice::RegisterBuiltinPlugins"}

def _header_of(label):
    # A library is named after its header; so are those of plugins.
    return label.package + "/" + label.name + ".h" if label.package else label.name + ".h"

def _main_source_impl(ctx):
    plugins = ctx.attr.plugins
    source = ctx.actions.declare_file(ctx.label.name + ".cc")
    headers = ["tools/sluice/sluice_main.h"] + [_header_of(plugin.label) for plugin in plugins]
    ctx.actions.write(
        output = source,
        content = "\n".join(
            ["#include \"%s\"" % header for header in headers] + [
                "",
                "int main(int argc, char** argv) {",
                "  return sluice::SluiceMain(argc, argv, {%s});" % ", ".join(plugins.values()),
                "}",
                "",
            ],
        ),
    )
    return [DefaultInfo(files = depset([source]))]

_main_source = rule(
    implementation = _main_source_impl,
    attrs = {"plugins": attr.label_keyed_string_dict(providers = [CcInfo])},
)

def sluice_binary(name, plugins = {}, builtin = True, **kwargs):
    """A `sluice` with the plugins of one's choice.

    Args:
      name: the program.
      plugins: each library with a plugin, and its registering function with all namespaces. The library is named after the
        header that declares the function: "//doorbell:plugin": "acme::RegisterDoorbell" stands for `doorbell/plugin.h`. The
        plugins of Sluice can be chosen one by one, too: "@sluice//plugins/file:plugin": "sluice::file::RegisterFile".
      builtin: whether all plugins of Sluice are in it.
      **kwargs: other attributes of cc_binary.
    """
    chosen = dict(_BUILTIN if builtin else {}, **plugins)
    _main_source(
        name = name + "_main",
        plugins = chosen,
        testonly = kwargs.get("testonly", False),
        visibility = ["//visibility:private"],
    )
    native.cc_binary(
        name = name,
        srcs = [name + "_main"],
        deps = ["@sluice//tools/sluice:sluice_main"] + chosen.keys(),
        **kwargs
    )

def _quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _config_test_impl(ctx):
    command = ["exec", "env", "-i"] + [
        _quoted(name + "=" + ctx.expand_location(value, ctx.attr.data))
        for name, value in sorted(ctx.attr.environment.items())
    ] + [_quoted(ctx.executable.binary.short_path), "validate", _quoted(ctx.file.config.short_path)]
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(output = script, content = "#!/bin/sh\n" + " ".join(command) + "\n", is_executable = True)
    runfiles = ctx.runfiles(files = [ctx.file.config] + ctx.files.data)
    return [DefaultInfo(executable = script, runfiles = runfiles.merge(ctx.attr.binary[DefaultInfo].default_runfiles))]

sluice_config_test = rule(
    implementation = _config_test_impl,
    test = True,
    doc = "Passes if `sluice validate` finds no mistake in a configuration; else its output names each with its line.",
    attrs = {
        "binary": attr.label(
            executable = True,
            cfg = "target",
            default = "@sluice//tools/sluice",
            doc = "The program that will run the configuration: it knows which plugins there are.",
        ),
        "config": attr.label(allow_single_file = True, mandatory = True),
        "data": attr.label_list(
            allow_files = True,
            doc = "Files that the configuration reads, such as credentials made up for the test.",
        ),
        "environment": attr.string_dict(
            doc = "All variables there are. `$(rootpath :label)` is the path of a file in `data`.",
        ),
    },
)
