#include "pipeline/abi/host/fake_plugin.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "google/protobuf/descriptor.pb.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/component_host.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice::abi {
namespace {

FakePlugin& At(void* instance) { return *static_cast<FakePlugin*>(instance); }

void Tell(const SluiceErrorReceiver* error, const char* field,
          const char* message) {
  error->receive(error->context, ToBytes(field), ToBytes(message));
}

SluiceCode Create(void* context, SluiceBytes config, void** instance,
                  const SluiceErrorReceiver* error) {
  FakePlugin& self = At(context);
  self.created_with = ToView(config);
  if (self.create_code != SLUICE_OK) Tell(error, "env", "is not good");
  *instance = context;
  return self.create_code;
}

void Destroy(void* instance) { ++At(instance).destroyed; }

SluiceCode Start(void* instance, const SluiceStart* start,
                 const SluiceErrorReceiver* error) {
  FakePlugin& self = At(instance);
  self.component = start->component;
  self.name = absl::StrCat(std::string(ToView(start->pipeline)), ".",
                           std::string(ToView(start->name)));
  if (start->checkpoint != nullptr) {
    self.checkpoint = std::string(ToView(*start->checkpoint));
  }
  if (self.start_code != SLUICE_OK) Tell(error, "", "cannot start");
  return self.start_code;
}

void Stop(void* instance) {
  FakePlugin& self = At(instance);
  ++self.stops;
  if (self.stops_at_once) Host().stopped(self.component);
}

void Ready(void* instance) { ++At(instance).ready; }

void Acknowledged(void* instance, uint64_t emission, SluiceCode code,
                  SluiceBytes message) {
  At(instance).acknowledged.push_back(
      code == SLUICE_OK
          ? absl::StrCat(emission, ": OK")
          : absl::StrCat(emission, ": ", std::string(ToView(message)), " (",
                         code, ")"));
}

uint8_t Finished(void* instance) { return At(instance).finished ? 1 : 0; }

SluiceCode Apply(void* instance, SluiceBytes event,
                 const SluiceTransformOutput* output,
                 const SluiceErrorReceiver* error) {
  return At(instance).on_apply(event, *output, *error);
}

void Deliver(void* instance, const SluiceDelivery* delivery) {
  FakePlugin& self = At(instance);
  self.deliveries.push_back(delivery->delivery);
  if (self.on_deliver) self.on_deliver(*delivery);
}

}  // namespace

FakePlugin::FakePlugin() {
  source = {.struct_size = sizeof(source),
            .start = Start,
            .stop = Stop,
            .traits = nullptr,
            .ready = Ready,
            .acknowledged = Acknowledged,
            .finished = Finished};
  transform = {.struct_size = sizeof(transform), .apply = Apply};
  sink = {.struct_size = sizeof(sink),
          .start = Start,
          .deliver = Deliver,
          .stop = Stop,
          .traits = nullptr};
  google::protobuf::FileDescriptorSet files;
  config::v1::Secret::descriptor()->file()->CopyTo(files.add_file());
  config_files = files.SerializeAsString();
}

SluicePlugin FakePlugin::Describe(uint32_t kind) {
  SluicePlugin plugin = {};
  plugin.struct_size = sizeof(plugin);
  plugin.context = this;
  plugin.kind = kind;
  plugin.name = ToBytes("fake");
  plugin.summary = ToBytes("does nothing by itself");
  plugin.config_files = ToBytes(config_files);
  plugin.config_message = ToBytes("sluice.config.v1.Secret");
  plugin.create = Create;
  plugin.destroy = Destroy;
  plugin.source = &source;
  plugin.transform = &transform;
  plugin.sink = &sink;
  return plugin;
}

Instance FakePlugin::Make(uint32_t kind) {
  const SluicePlugin plugin = Describe(kind);
  auto read = ReadPlugin(&plugin, "fake.so");
  CHECK(read.ok()) << read.status();
  auto instance = Instance::Create(*std::move(read), "");
  CHECK(instance.ok()) << instance.status();
  return *std::move(instance);
}

FakeSurroundings::FakeSurroundings() {
  context.name = "it";
  context.pipeline = "p";
  context.executor = &executor;
  context.health = &reporter_;
  context.metrics = &metrics;
}

uint64_t FakeSurroundings::faults() {
  return metrics.counter("plugin_faults_total", context.metric_labels())
      ->value();
}

}  // namespace sluice::abi
