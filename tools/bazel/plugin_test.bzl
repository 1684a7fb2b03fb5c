"""Conformance tests for plugins, ours and those of other workspaces; docs/plugin_guide.md has examples.

    load("@sluice//tools/bazel:plugin_test.bzl", "sluice_sink_test", "sluice_source_test", "sluice_transform_test")
"""

def _plugin_source_impl(ctx):
    label = ctx.attr.plugin.label
    source = ctx.actions.declare_file(ctx.label.name + ".cc")

    # A library is named after its header; so are those of plugins.
    header = label.package + "/" + label.name + ".h" if label.package else label.name + ".h"
    ctx.actions.write(
        output = source,
        content = "\n".join([
            "#include \"%s\"" % header,
            "#include \"tests/kit/plugin_under_test.h\"",
            "",
            "namespace sluice::kit {",
            "absl::Status RegisterPluginUnderTest(PluginRegistry& registry) {",
            "  return ::%s(registry);" % ctx.attr.register,
            "}",
            "std::string ConfigUnderTest() { return R\"kit(%s)kit\"; }" % ctx.attr.config,
            "}  // namespace sluice::kit",
            "",
        ]),
    )
    return [DefaultInfo(files = depset([source]))]

_plugin_source = rule(
    implementation = _plugin_source_impl,
    attrs = {
        "plugin": attr.label(providers = [CcInfo], mandatory = True),
        "register": attr.string(mandatory = True),
        "config": attr.string(),
    },
)

def _plugin_test(kind, name, plugin, register, config, fixture, deps, kwargs):
    if (config == None) == (not fixture):
        fail("%s: give either `config` or the sources of a `fixture`" % name)
    _plugin_source(
        name = name + "_plugin",
        testonly = True,
        config = config or "",
        plugin = plugin,
        register = register,
        visibility = ["//visibility:private"],
    )
    kit = "@sluice//tests/kit:"
    native.cc_test(
        name = name,
        size = kwargs.pop("size", "medium"),
        srcs = [name + "_plugin"] + fixture,
        deps = deps + [
            plugin,
            kit + kind + "_kit_test",
            kit + kind + "_fixture" if fixture else kit + "config_only_%s_fixture" % kind,
        ],
        **kwargs
    )

def sluice_sink_test(name, plugin, register, config = None, fixture = [], deps = [], **kwargs):
    """Tries a sink: contract, order, failures, throttling, credentials, stalls, stops, restarts, leaks.

    Args:
      name: the test.
      plugin: the library with the sink. It is named after the header that declares `register`: "//acme:plugin" stands
        for `acme/plugin.h`.
      register: the registering function with all namespaces, e.g. "acme::RegisterAcme".
      config: the sink's configuration in YAML, as it stands below the sink's name in a file: "null: {}". For sinks
        whose destination needs nothing made; what has to be done by the destination is then left out.
      fixture: sources with a SLUICE_SINK_FIXTURE (tests/kit/sink_fixture.h), in place of `config`.
      deps: what the fixture needs, e.g. "@sluice//tests/kit:http_sink_fixture".
      **kwargs: other attributes of cc_test.
    """
    _plugin_test("sink", name, plugin, register, config, fixture, deps, kwargs)

def sluice_source_test(name, plugin, register, fixture, deps = [], **kwargs):
    """Tries a source: contract, order, backpressure, checkpoints, repeats, stops, restarts, leaks.

    Args:
      name: the test.
      plugin: the library with the source, as for sluice_sink_test.
      register: the registering function with all namespaces.
      fixture: sources with a SLUICE_SOURCE_FIXTURE (tests/kit/source_fixture.h).
      deps: what the fixture needs.
      **kwargs: other attributes of cc_test.
    """
    _plugin_test("source", name, plugin, register, None, fixture, deps, kwargs)

def sluice_transform_test(name, plugin, register, config = None, fixture = [], deps = [], **kwargs):
    """Tries a transform: contract, the same of the same, odd events, errors that concern their event alone.

    Args:
      name: the test.
      plugin: the library with the transform, as for sluice_sink_test.
      register: the registering function with all namespaces.
      config: the transform's configuration in YAML, as it stands in a list of transforms:
        "filter: {keep_if: \"type == 'touch'\"}". It is applied to readings of temperature sensors.
      fixture: sources with a SLUICE_TRANSFORM_FIXTURE (tests/kit/transform_fixture.h), in place of `config`.
      deps: what the fixture needs.
      **kwargs: other attributes of cc_test.
    """
    _plugin_test("transform", name, plugin, register, config, fixture, deps, kwargs)
