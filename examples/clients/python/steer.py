#!/usr/bin/python3
"""Steers a running Sluice over its admin API, with the modules that make_stubs.sh makes.

steer.py ADDRESS apply FILE [GENERATION]   run this configuration; only if this generation runs
steer.py ADDRESS watch LOOKS               how its pipelines stand, twice a second
steer.py ADDRESS pause PIPELINE            stop a pipeline until it is resumed
steer.py ADDRESS resume PIPELINE
steer.py ADDRESS redrive PIPELINE          deliver all dead letters again

ADDRESS is unix:/var/lib/sluice/admin.sock or HOST:PORT. For the latter, the variable SLUICE_TOKEN has the token and
SLUICE_CA_FILE the authorities that its certificate is checked with; without them it has to be of this machine.
"""

import os
import sys

import grpc
from google.protobuf import duration_pb2
from proto.admin.v1 import config_pb2, config_pb2_grpc
from proto.admin.v1 import dead_letters_pb2, dead_letters_pb2_grpc
from proto.admin.v1 import pipelines_pb2, pipelines_pb2_grpc
from proto.admin.v1 import process_pb2, process_pb2_grpc, status_pb2

# Longer than the grace that what stops is given.
SECONDS = 60


def open_channel(address):
    ca_file = os.environ.get("SLUICE_CA_FILE")
    if ca_file:
        with open(ca_file, "rb") as file:
            return grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))
    return grpc.insecure_channel(address)


def metadata():
    token = os.environ.get("SLUICE_TOKEN")
    return [("authorization", f"Bearer {token}")] if token else []


def state_of(status):
    """"paused" for PIPELINE_PAUSED."""
    return status_pb2.PipelineState.Name(status.state).removeprefix("PIPELINE_").lower()


def apply(channel, file, generation=None):
    configs = config_pb2_grpc.ConfigServiceStub(channel)
    if generation is None:
        # What another applies between this call and the next is not overwritten.
        generation = configs.GetConfig(config_pb2.GetConfigRequest(), metadata=metadata(), timeout=SECONDS).generation
    with open(file, encoding="utf-8") as text:
        request = config_pb2.ApplyConfigRequest(text=text.read(), file=file, expected_generation=int(generation), comment="steer.py")
    answer = configs.ApplyConfig(request, metadata=metadata(), timeout=SECONDS)
    for change in answer.changes:
        action = config_pb2.ComponentChange.Action.Name(change.action).lower()
        print(f"{action}: {change.pipeline}.{change.component}".rstrip("."))
    print(f"generation {answer.generation} runs")


def watch(channel, looks):
    process = process_pb2_grpc.ProcessServiceStub(channel)
    request = process_pb2.WatchStatusRequest(interval=duration_pb2.Duration(nanos=500_000_000))
    statuses = process.WatchStatus(request, metadata=metadata())
    for _, status in zip(range(int(looks)), statuses):
        for pipeline in status.pipelines:
            for sink in pipeline.sinks:
                print(f"{pipeline.name}, {state_of(pipeline)}: {sink.name} delivered {sink.delivered}, waiting {sink.waiting}")
    statuses.cancel()


def pause(channel, pipeline):
    pipelines = pipelines_pb2_grpc.PipelineServiceStub(channel)
    status = pipelines.PausePipeline(pipelines_pb2.PausePipelineRequest(pipeline=pipeline), metadata=metadata(), timeout=SECONDS)
    print(f"{status.name} is {state_of(status)}")


def resume(channel, pipeline):
    pipelines = pipelines_pb2_grpc.PipelineServiceStub(channel)
    status = pipelines.ResumePipeline(pipelines_pb2.ResumePipelineRequest(pipeline=pipeline), metadata=metadata(), timeout=SECONDS)
    print(f"{status.name} is {state_of(status)}")


def redrive(channel, pipeline):
    letters = dead_letters_pb2_grpc.DeadLetterServiceStub(channel)
    request = dead_letters_pb2.RedriveDeadLettersRequest(pipeline=pipeline, all=True)
    # It tells how far it is; the last answer has the sum.
    for answer in letters.RedriveDeadLetters(request, metadata=metadata()):
        pass
    print(f"redriven {answer.redriven}, refused {answer.refused}")
    for refusal in answer.refusals:
        print(f"  {refusal.id}: {refusal.message}")


COMMANDS = {"apply": apply, "watch": watch, "pause": pause, "resume": resume, "redrive": redrive}


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in COMMANDS:
        sys.exit(__doc__)
    address, command, *arguments = sys.argv[1:]
    with open_channel(address) as channel:
        try:
            COMMANDS[command](channel, *arguments)
        except grpc.RpcError as error:
            # The message says what to do: near names, the generation that runs, the role needed.
            sys.exit(f"{error.code().name}: {error.details()}")


if __name__ == "__main__":
    main()
