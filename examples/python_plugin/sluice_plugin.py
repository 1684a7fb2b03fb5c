"""Sinks and sources for sluice in Python: what proto/plugin/v1/plugin.proto asks of a program.

Write a class for each plugin, and call serve():

    class Lines(sluice_plugin.Sink):
        name = "lines"
        summary = "appends events to a file"
        config_type = lines_config_pb2.LinesConfig

        def deliver(self, events):
            ...
            return sluice_plugin.delivered()

    sluice_plugin.serve([Lines])

An instance is made to check a configuration, too, so __init__ touches nothing outside; what is wrong with the
configuration it raises as ConfigError. An exception anywhere else ends the run: sluice logs it and starts the
program again, and no event is lost.

Importing this makes the stubs findable that generate.sh made, so import it before them.
"""

import concurrent.futures
import os
import pathlib
import sys
import threading

import grpc
from google.protobuf import descriptor_pb2

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "generated"))

from proto.event.v1 import event_pb2  # noqa: E402
from proto.plugin.v1 import plugin_pb2  # noqa: E402
from proto.plugin.v1 import plugin_pb2_grpc  # noqa: E402

Event = event_pb2.Event
Outcome = plugin_pb2.Outcome

# Describe, Check and Ping beside a run.
_THREADS = 4


class ConfigError(Exception):
    """The field of a configuration that is wrong, and why."""

    def __init__(self, field, message):
        super().__init__(message)
        self.field = field


def delivered():
    return Outcome(kind=Outcome.DELIVERED)


def retry(message):
    return Outcome(kind=Outcome.RETRY, message=message)


def rejected(reason, message):
    return Outcome(kind=Outcome.REJECTED, reason=reason, message=message)


class _Component:
    name = ""
    summary = ""
    config_type = None

    def __init__(self, config):
        self.config = config

    def start(self):
        """Makes ready. Raises if that can never be."""

    def stop(self):
        """Ends what start() began."""


class Sink(_Component):
    """Delivers events, one delivery after the other."""

    kind = plugin_pb2.SINK
    max_batch_events = 100
    # True if delivering an event twice has the effect of once.
    idempotent = False
    timeout_seconds = 30

    def deliver(self, events):
        """Delivers a list of Event; returns an Outcome for each, in a list, or one for all of them."""
        raise NotImplementedError


class Source(_Component):
    """Brings events in."""

    kind = plugin_pb2.SOURCE

    def emissions(self, checkpoint):
        """Yields (events, checkpoint) for as long as there is something: a list of Event, and bytes that come back
        when the program is started again, or None. `checkpoint` is the last one that sluice took, or None. A source
        that returns is finished. Asked for the next pair only when there is room for it."""
        raise NotImplementedError


def serve(plugins):
    """Serves classes of plugins to the sluice that started this program; returns never."""
    try:
        socket = os.environ["SLUICE_PLUGIN_SOCKET"]
        token = os.environ["SLUICE_PLUGIN_TOKEN"]
        limit = int(os.environ["SLUICE_PLUGIN_MAX_MESSAGE_BYTES"])
    except KeyError:
        raise SystemExit("This is a plugin of sluice, which starts it: plugins: [{process: {name: ..., command: [...]}}]")
    server = grpc.server(
        concurrent.futures.ThreadPoolExecutor(_THREADS),
        interceptors=[_TokenCheck(token)],
        options=[("grpc.max_receive_message_length", limit), ("grpc.max_send_message_length", -1)],
    )
    plugin_pb2_grpc.add_PluginServicer_to_server(_Service(plugins), server)
    server.add_insecure_port("unix:" + socket)
    server.start()
    server.wait_for_termination()


class _TokenCheck(grpc.ServerInterceptor):
    def __init__(self, token):
        self._token = ("sluice-token", token)

    def intercept_service(self, continuation, details):
        if self._token in ((item.key, item.value) for item in details.invocation_metadata):
            return continuation(details)

        def refuse(_, context):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "this plugin serves the sluice that started it only")

        return grpc.unary_unary_rpc_method_handler(refuse)


def _files_of(message_type):
    """The FileDescriptorSet of a message, every file after those it imports."""
    files = descriptor_pb2.FileDescriptorSet()
    seen = set()

    def add(file):
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            add(dependency)
        file.CopyToProto(files.file.add())

    add(message_type.DESCRIPTOR.file)
    return files.SerializeToString()


class _Flow:
    """What sluice says to a source, read on a thread of its own."""

    def __init__(self, credit, requests):
        self._changed = threading.Condition()
        self._credit = credit
        self._stopped = False
        threading.Thread(target=self._read, args=(requests,), daemon=True).start()

    def _read(self, requests):
        try:
            for message in requests:
                with self._changed:
                    self._credit += message.credit.emissions
                    self._stopped = self._stopped or message.HasField("stop")
                    self._changed.notify_all()
        except grpc.RpcError:
            pass  # Sluice is gone.
        finally:
            with self._changed:
                self._stopped = True
                self._changed.notify_all()

    def take_credit(self):
        """Waits for it. False: the source is to stop."""
        with self._changed:
            self._changed.wait_for(lambda: self._credit > 0 or self._stopped)
            self._credit -= 1
            return not self._stopped

    def wait_for_stop(self):
        with self._changed:
            self._changed.wait_for(lambda: self._stopped)


class _Service(plugin_pb2_grpc.PluginServicer):
    def __init__(self, plugins):
        self._plugins = {(plugin.kind, plugin.name): plugin for plugin in plugins}

    def Describe(self, request, context):
        response = plugin_pb2.DescribeResponse(protocol_major=1, protocol_minor=0)
        for plugin in self._plugins.values():
            response.plugins.add(
                kind=plugin.kind,
                name=plugin.name,
                summary=plugin.summary,
                config_files=_files_of(plugin.config_type),
                config_message=plugin.config_type.DESCRIPTOR.full_name,
            )
        return response

    def Check(self, request, context):
        response = plugin_pb2.CheckResponse()
        try:
            component = self._make(request)
        except ConfigError as error:
            response.error = str(error)
            response.error_field = error.field
            return response
        if component.kind == plugin_pb2.SINK:
            # One delivery at a time: that is how Run() goes through them.
            response.sink.max_in_flight = 1
            response.sink.max_batch_events = component.max_batch_events
            response.sink.idempotent = component.idempotent
            response.sink.timeout.FromSeconds(component.timeout_seconds)
        return response

    def Ping(self, request, context):
        return plugin_pb2.PingResponse()

    def Run(self, requests, context):
        start = next(requests).start
        component = self._make(start)
        component.start()
        yield plugin_pb2.PluginMessage(started=plugin_pb2.Started())
        if component.kind == plugin_pb2.SINK:
            yield from self._run_sink(component, requests)
        else:
            yield from self._run_source(component, start, requests)
        component.stop()
        yield plugin_pb2.PluginMessage(stopped=plugin_pb2.Stopped())

    def _make(self, request):
        plugin = self._plugins[request.kind, request.plugin]
        return plugin(plugin.config_type.FromString(request.config))

    def _run_sink(self, sink, requests):
        for message in requests:
            if message.HasField("stop"):
                return
            if not message.HasField("delivery"):
                continue
            outcomes = sink.deliver(list(event_pb2.EventBatch.FromString(message.delivery.events).events))
            if isinstance(outcomes, Outcome):
                outcomes = [outcomes]
            answer = plugin_pb2.Answer(delivery=message.delivery.delivery, outcomes=outcomes)
            yield plugin_pb2.PluginMessage(answer=answer)

    def _run_source(self, source, start, requests):
        flow = _Flow(start.credit, requests)
        emissions = iter(source.emissions(start.checkpoint if start.HasField("checkpoint") else None))
        while flow.take_credit():
            emission = next(emissions, None)
            if emission is None:
                yield plugin_pb2.PluginMessage(finished=plugin_pb2.Finished())
                flow.wait_for_stop()
                return
            events, checkpoint = emission
            message = plugin_pb2.PluginMessage()
            message.emission.events = event_pb2.EventBatch(events=events).SerializeToString()
            if checkpoint is not None:
                message.emission.checkpoint = checkpoint
            yield message
