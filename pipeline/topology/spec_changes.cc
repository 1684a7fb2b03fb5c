#include "pipeline/topology/spec_changes.h"

#include <algorithm>
#include <tuple>

#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/util/message_differencer.h"

namespace sluice {
namespace {

using google::protobuf::Message;

// The same bytes for messages that say the same.
std::string Serialize(const Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  {
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

// A program describes the type of its configuration anew each time it is asked,
// and what is made of two descriptions can only be compared as bytes.
bool SameConfig(const Message& a, const Message& b) {
  if (a.GetDescriptor() != b.GetDescriptor()) {
    return a.GetDescriptor()->full_name() == b.GetDescriptor()->full_name() &&
           Serialize(a) == Serialize(b);
  }
  return google::protobuf::util::MessageDifferencer::Equals(a, b);
}

template <typename Component>
bool SamePlugin(const PluginSpec<Component>& a,
                const PluginSpec<Component>& b) {
  if (a.plugin != b.plugin || a.origin != b.origin) return false;
  if (a.config == nullptr || b.config == nullptr) return a.config == b.config;
  return SameConfig(*a.config, *b.config);
}

bool Same(const SourceSpec& a, const SourceSpec& b) {
  return a.name == b.name && a.acknowledge == b.acknowledge && SamePlugin(a, b);
}

bool Same(const TransformSpec& a, const TransformSpec& b) {
  return SamePlugin(a, b);
}

bool Same(const SinkSpec& a, const SinkSpec& b) {
  const auto policy = [](const SinkSpec& sink) {
    return std::tie(sink.name, sink.on_unknown, sink.retry.initial,
                    sink.retry.max, sink.retry.max_attempts,
                    sink.retry.max_age);
  };
  return policy(a) == policy(b) && SamePlugin(a, b);
}

template <typename Spec>
bool AllSame(const std::vector<Spec>& a, const std::vector<Spec>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Spec& x, const Spec& y) { return Same(x, y); });
}

bool Same(const LogOptions& a, const LogOptions& b) {
  const auto all = [](const LogOptions& log) {
    return std::tie(log.max_bytes, log.retain_time, log.retain_bytes,
                    log.dedupe_window, log.dead_letter_max_bytes,
                    log.dead_letter_max_age, log.tail_bytes);
  };
  return all(a) == all(b);
}

const SinkSpec* Find(const std::vector<SinkSpec>& sinks,
                     const std::string& name) {
  for (const SinkSpec& sink : sinks) {
    if (sink.name == name) return &sink;
  }
  return nullptr;
}

}  // namespace

bool PipelineChanges::empty() const {
  return !log && !intake && added_sinks.empty() && removed_sinks.empty() &&
         changed_sinks.empty();
}

PipelineChanges Compare(const PipelineSpec& before, const PipelineSpec& after) {
  PipelineChanges changes;
  changes.log = !Same(before.log, after.log);
  changes.intake = !AllSame(before.sources, after.sources) ||
                   !AllSame(before.transforms, after.transforms) ||
                   before.overflow != after.overflow ||
                   before.max_event_bytes != after.max_event_bytes;
  for (const SinkSpec& sink : after.sinks) {
    const SinkSpec* old = Find(before.sinks, sink.name);
    if (old == nullptr) {
      changes.added_sinks.push_back(sink.name);
    } else if (!Same(*old, sink)) {
      changes.changed_sinks.push_back(sink.name);
    }
  }
  for (const SinkSpec& sink : before.sinks) {
    if (Find(after.sinks, sink.name) == nullptr) {
      changes.removed_sinks.push_back(sink.name);
    }
  }
  return changes;
}

std::vector<std::string> FixedChanges(const ProcessSpec& before,
                                      const ProcessSpec& after) {
  std::vector<std::string> keys;
  if (before.admin != after.admin) keys.push_back("admin");
  if (before.data_dir != after.data_dir) keys.push_back("data_dir");
  if (before.memory_bytes != after.memory_bytes) keys.push_back("memory_bytes");
  if (before.monitoring != after.monitoring) keys.push_back("monitoring");
  return keys;
}

}  // namespace sluice
