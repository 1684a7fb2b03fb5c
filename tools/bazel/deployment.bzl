"""Rules for those who build and ship a Sluice of their own; docs/deployment.md has examples.

    load(
        "@sluice//tools/bazel:deployment.bzl",
        "sluice_binary",
        "sluice_config_test",
        "sluice_deployment",
        "sluice_deployment_test",
    )
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
      plugins: each library with a plugin, and its registering function with all namespaces. The library is named after
        the header that declares the function: "//doorbell:plugin": "acme::RegisterDoorbell" stands for
        `doorbell/plugin.h`. The plugins of Sluice can be chosen one by one, too:
        "@sluice//plugins/file:plugin": "sluice::file::RegisterFile".
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
    ] + [_quoted("./" + ctx.executable.binary.short_path), "validate", _quoted(ctx.file.config.short_path)]
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

def _pack(ctx, script, specification, output, more = []):
    ctx.actions.run(
        executable = "/usr/bin/python3",
        arguments = ["-B", script.path, specification.path, output.path],
        inputs = depset(
            # The packages that are installed: their files go into the image, their versions into Depends.
            [script, specification, ctx.executable.binary, ctx.file.config, ctx.file._installed] + ctx.files.plugins + more,
            transitive = [ctx.attr._modules[DefaultInfo].files],
        ),
        outputs = [output],
        mnemonic = "SluicePack",
        progress_message = "Packing %s" % output.short_path,
    )

def _completion(ctx, shell):
    # Which commands there are the program itself knows best.
    script = ctx.actions.declare_file("%s.%s" % (ctx.label.name, shell))
    ctx.actions.run_shell(
        command = "\"$1\" completion \"$2\" --program \"$3\" >\"$4\"",
        arguments = [ctx.executable.binary.path, shell, ctx.attr.package, script.path],
        tools = [ctx.executable.binary],
        outputs = [script],
        mnemonic = "SluiceCompletion",
        progress_message = "Asking %s how %s completes it" % (ctx.executable.binary.short_path, shell),
    )
    return script

def _deployment_impl(ctx):
    completions = {shell: _completion(ctx, shell) for shell in ["bash", "zsh"]}
    specification = ctx.actions.declare_file(ctx.label.name + ".json")
    ctx.actions.write(
        output = specification,
        content = json.encode({
            "binary": ctx.executable.binary.path,
            "completions": {shell: script.path for shell, script in completions.items()},
            "config": ctx.file.config.path,
            "description": ctx.attr.description,
            "maintainer": ctx.attr.maintainer,
            "package": ctx.attr.package,
            "plugins": [plugin.path for plugin in ctx.files.plugins],
            "version": ctx.attr.version,
        }),
    )
    _pack(ctx, ctx.file._bundle, specification, ctx.outputs.bundle)
    _pack(ctx, ctx.file._debian_package, specification, ctx.outputs.debian_package, completions.values())
    _pack(ctx, ctx.file._oci_image, specification, ctx.outputs.oci_image)

def _script(name):
    return attr.label(allow_single_file = True, default = "@sluice//tools/deployment:" + name)

sluice_deployment = rule(
    implementation = _deployment_impl,
    doc = """A program and its configuration, ready to be installed, in three forms.

NAME.tar.gz is unpacked anywhere, NAME.deb is installed with apt, NAME.oci.tar is loaded by a container engine. The
same inputs, and the same Debian packages on the machine that builds, give the same bytes.
""",
    attrs = {
        "binary": attr.label(
            executable = True,
            cfg = "target",
            mandatory = True,
            doc = "A sluice_binary. Build with -c opt what goes into production.",
        ),
        "config": attr.label(
            allow_single_file = True,
            mandatory = True,
            doc = "What the service runs. Relative paths in it begin at /var/lib/PACKAGE.",
        ),
        "plugins": attr.label_list(
            allow_files = [".so"],
            doc = "Shared objects; they go to /usr/lib/PACKAGE/plugins.",
        ),
        "package": attr.string(
            default = "sluice",
            doc = "Name of package, program, service and user, and of the folders below /etc and /var/lib.",
        ),
        "version": attr.string(mandatory = True, doc = "Of the deployment: program and configuration together."),
        "description": attr.string(mandatory = True, doc = "What it does, in one line."),
        "maintainer": attr.string(mandatory = True, doc = "Who answers for it: Jane Doe <jane@example.com>."),
        "_bundle": _script("bundle.py"),
        "_debian_package": _script("debian_package.py"),
        "_oci_image": _script("oci_image.py"),
        "_modules": attr.label(default = "@sluice//tools/deployment:modules"),
        "_installed": attr.label(allow_single_file = True, default = "@dpkg//:status"),
    },
    outputs = {
        "bundle": "%{name}.tar.gz",
        "debian_package": "%{name}.deb",
        "oci_image": "%{name}.oci.tar",
    },
)

def sluice_deployment_test(name, deployment, events, **kwargs):
    """Lets a deployment run as it will run, in its three forms, on machines to be thrown away.

    NAME_bundle unpacks the archive into an empty folder on a machine with Debian's libraries alone, runs it there, and
    installs it as its README says. NAME_debian_package installs, upgrades, removes and purges. NAME_oci_image checks
    the layout and runs what is in it. Each wants every event accounted for. They need root, or say what they leave out.

    Args:
      name: of the tests together.
      deployment: a sluice_deployment of this package whose sources are finite and whose sinks need nothing outside.
      events: how many each sink gets in all.
      **kwargs: other attributes of sh_test.
    """
    tests = []
    tags = kwargs.pop("tags", [])
    for kind, extension in [("bundle", "tar.gz"), ("debian_package", "deb"), ("oci_image", "oci.tar")]:
        package = "%s.%s" % (deployment, extension)
        native.sh_test(
            name = "%s_%s" % (name, kind),
            size = "medium",
            # Half a minute, unless others keep the processors busy.
            timeout = "long",
            srcs = ["@sluice//tests/deployment:%s_test.py" % kind],
            args = ["$(rootpath %s)" % package, str(events)],
            data = [package, "@sluice//tests/deployment:test_parts"],
            # Mounts, and users other than the caller.
            tags = tags + ["no-sandbox"],
            **kwargs
        )
        tests.append("%s_%s" % (name, kind))
    native.test_suite(name = name, tests = tests, visibility = kwargs.get("visibility"))
