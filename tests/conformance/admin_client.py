"""A client that knows nothing of the admin API but where it is: everything else comes by reflection."""

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha import proto_reflection_descriptor_database

_SECONDS = 60
_PACKAGE = "sluice.admin.v1."


class Admin:
    """Calls methods by their names, with requests and answers as dictionaries."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(address)
        self._database = proto_reflection_descriptor_database.ProtoReflectionDescriptorDatabase(self._channel)
        self._pool = descriptor_pool.DescriptorPool(self._database)
        self.called = set()

    def methods(self):
        """Every method that the process says it has: {"PipelineService/PausePipeline", ...}."""
        return {
            f"{service.name}/{method.name}"
            for name in self._database.get_services() if name.startswith(_PACKAGE)
            for service in [self._pool.FindServiceByName(name)]
            for method in service.methods
        }

    def call(self, name, **request):
        """The answer, or the list of answers of a call with many. Raises grpc.RpcError."""
        service, method = name.split("/")
        descriptor = self._pool.FindServiceByName(_PACKAGE + service).FindMethodByName(method)
        self.called.add(name)
        ask = json_format.ParseDict(
            request, message_factory.GetMessageClass(descriptor.input_type)(), descriptor_pool=self._pool)
        path = f"/{_PACKAGE}{name}"
        answer_class = message_factory.GetMessageClass(descriptor.output_type)
        kind = self._channel.unary_stream if descriptor.server_streaming else self._channel.unary_unary
        made = kind(path, type(ask).SerializeToString, answer_class.FromString)
        answer = made(ask, timeout=_SECONDS)
        if descriptor.server_streaming:
            return (self._dictionary(one) for one in answer)
        return self._dictionary(answer)

    def refusal(self, name, **request):
        """The code and the message of a call that fails."""
        try:
            answer = self.call(name, **request)
            if not isinstance(answer, dict):
                list(answer)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        raise AssertionError(f"{name} was not refused")

    def _dictionary(self, message):
        return json_format.MessageToDict(message, preserving_proto_field_name=True, descriptor_pool=self._pool)
