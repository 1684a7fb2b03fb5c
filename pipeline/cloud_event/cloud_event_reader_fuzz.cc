// A CloudEvent in JSON. What is read is an event; written and read again, it is
// the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "pipeline/cloud_event/cloud_event_json.h"
#include "pipeline/cloud_event/cloud_event_reader.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

// The event that `json` is; nullptr: none.
EventBatchPtr Read(std::string_view json) {
  CloudEventReader reader;
  EventFields event;
  const absl::Status status = reader.Read(json, 0, &event);
  if (!status.ok()) {
    CHECK(reader.reason() == "malformed_json" ||
          reader.reason() == "malformed_event");
    CHECK(!status.message().empty());
    return nullptr;
  }
  CHECK(!event.id.empty());
  CHECK(!event.source.empty());
  CHECK(!event.type.empty());
  EventBatchBuilder builder;
  builder.Add(event);
  return builder.Build();
}

// Nor are blanks around JSON.
std::string_view Stripped(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string json(reinterpret_cast<const char*>(data), size);
  const EventBatchPtr first = Read(json);
  if (first == nullptr) return 0;
  const EventView event = first->event(0);
  std::string written;
  CloudEventJsonWriter().Append(event, &written);
  const EventBatchPtr second = Read(written);
  CHECK(second != nullptr) << written;
  const EventView again = second->event(0);
  CHECK(again.id() == event.id());
  CHECK(again.source() == event.source());
  CHECK(again.type() == event.type());
  CHECK(again.subject() == event.subject());
  CHECK(again.datacontenttype() == event.datacontenttype());
  CHECK_EQ(again.time_unix_nanos(), event.time_unix_nanos());
  CHECK_EQ(again.ingest_time_unix_nanos(), event.ingest_time_unix_nanos());
  event.ForEachLabel([&](const LabelView& label) {
    CHECK(again.label(label.key) == label.value) << written;
  });
  // Line breaks between tokens are not kept.
  if (event.data().find_first_of("\r\n") == std::string_view::npos) {
    CHECK(Stripped(again.data()) == Stripped(event.data())) << written;
  }
  return 0;
}
