// Bytes as an event, and as a batch of events: the views must agree with
// protobuf's own reading.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_batch.h"
#include "storage/event/event_view.h"

namespace sluice {
namespace {

void Compare(const EventView& view, const event::v1::Event& event) {
  CHECK_EQ(view.id(), event.id());
  CHECK_EQ(view.source(), event.source());
  CHECK_EQ(view.type(), event.type());
  CHECK_EQ(view.subject(), event.subject());
  CHECK_EQ(EventView::SubjectOf(view.wire()), event.subject());
  CHECK_EQ(view.datacontenttype(), event.datacontenttype());
  CHECK_EQ(view.data(), event.data());
  CHECK_EQ(view.time_unix_nanos(), event.time_unix_nanos());
  CHECK_EQ(view.ingest_time_unix_nanos(), event.ingest_time_unix_nanos());
  int labels = 0;
  view.ForEachLabel([&](LabelView label) {
    CHECK_LT(labels, event.labels_size());
    CHECK_EQ(label.key, event.labels(labels).key());
    CHECK_EQ(label.value, event.labels(labels).value());
    ++labels;
  });
  CHECK_EQ(labels, event.labels_size());
}

}  // namespace
}  // namespace sluice

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const auto view = EventView::Parse(bytes);
  event::v1::Event event;
  // Protobuf also refuses text that is not UTF-8, which admission does here;
  // and takes a known field of another wire type for an unknown one.
  if (view.ok() && event.ParseFromString(bytes)) Compare(*view, event);
  if (view.ok()) (void)view->ToProto();
  const auto batch = EventBatch::Parse(bytes);
  if (!batch.ok()) return 0;
  EventBatchBuilder builder;
  builder.AddBatch(**batch);
  const EventBatchPtr copy = builder.Build();
  CHECK_EQ(copy->size(), (*batch)->size());
  for (size_t i = 0; i < copy->size(); ++i) {
    CHECK_EQ(copy->event_wire(i), (*batch)->event_wire(i));
  }
  return 0;
}
