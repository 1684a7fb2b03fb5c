#include "storage/event/event_batch.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/event/event_wire.h"

namespace sluice {
namespace {

// Protobuf's own limit on a message, and well within the 32 bits of a Slice.
constexpr size_t kMaxWireBytes = std::numeric_limits<int32_t>::max();

// In front of an event: a tag and a varint of 32 bits.
constexpr size_t kMaxEventHeaderBytes = 6;

constexpr size_t kCacheLineBytes = 64;

// Never 0.
uint32_t HashSubject(std::string_view subject) {
  // The standard library's hash is the same in every run, so a simulation is
  // repeatable.
  const uint64_t hash = std::hash<std::string_view>()(subject);
  return std::max<uint32_t>(1, static_cast<uint32_t>(hash ^ hash >> 32));
}

absl::Status Malformed(size_t index, const char* what) {
  return absl::InvalidArgumentError(
      absl::StrCat("malformed event batch at event ", index, ": ", what));
}

size_t EventSize(const EventFields& fields) {
  size_t size =
      wire::BytesFieldSize(fields.id) + wire::BytesFieldSize(fields.source) +
      wire::BytesFieldSize(fields.type) + wire::BytesFieldSize(fields.subject) +
      wire::BytesFieldSize(fields.datacontenttype) +
      wire::BytesFieldSize(fields.data);
  if (fields.time_unix_nanos != 0) size += 9;
  if (fields.ingest_time_unix_nanos != 0) size += 9;
  for (const LabelView& label : fields.labels) {
    const size_t label_size =
        wire::BytesFieldSize(label.key) + wire::BytesFieldSize(label.value);
    size += 1 + VarintSize(label_size) + label_size;
  }
  return size;
}

char* WriteLabel(char* to, const LabelView& label) {
  *to++ = static_cast<char>(event_wire::kLabel);
  to = StoreVarint(
      to, wire::BytesFieldSize(label.key) + wire::BytesFieldSize(label.value));
  to = wire::WriteBytesField(to, event_wire::kLabelKey, label.key);
  return wire::WriteBytesField(to, event_wire::kLabelValue, label.value);
}

// Ascending field numbers, as Protobuf's own serializer writes them.
char* WriteEvent(char* to, const EventFields& fields) {
  to = wire::WriteBytesField(to, event_wire::kId, fields.id);
  to = wire::WriteBytesField(to, event_wire::kSource, fields.source);
  to = wire::WriteBytesField(to, event_wire::kType, fields.type);
  to = wire::WriteBytesField(to, event_wire::kSubject, fields.subject);
  to = wire::WriteFixed64Field(to, event_wire::kTime, fields.time_unix_nanos);
  to = wire::WriteBytesField(to, event_wire::kDataContentType,
                             fields.datacontenttype);
  to = wire::WriteBytesField(to, event_wire::kData, fields.data);
  for (const LabelView& label : fields.labels) to = WriteLabel(to, label);
  return wire::WriteFixed64Field(to, event_wire::kIngestTime,
                                 fields.ingest_time_unix_nanos);
}

}  // namespace

absl::StatusOr<EventBatchPtr> EventBatch::Parse(std::string wire) {
  return Index(std::move(wire), 0, true);
}

absl::StatusOr<EventBatchPtr> EventBatch::FromStored(std::string wire,
                                                     size_t event_count) {
  // Every event takes two bytes at least; a wrong count must not reserve more.
  const size_t most = wire.size() / 2;
  return Index(std::move(wire), std::min(event_count, most), false);
}

absl::StatusOr<EventBatchPtr> EventBatch::Index(std::string wire,
                                                size_t expected_events,
                                                bool check_events) {
  if (wire.size() > kMaxWireBytes) return Malformed(0, "more than 2 GiB");
  std::vector<Slice> events;
  events.reserve(expected_events);
  const char* const begin = wire.data();
  const char* const end = begin + wire.size();
  for (const char* at = begin; at < end;) {
    uint32_t tag = 0;
    at = wire::ReadTag(at, end, &tag);
    if (at == nullptr) return Malformed(events.size(), "bad field tag");
    if (tag == event_wire::kBatchEvent) {
      std::string_view event_wire;
      at = wire::ReadBytes(at, end, &event_wire);
      if (at == nullptr) return Malformed(events.size(), "cut off");
      if (check_events) {
        EventView view;
        const char* const error =
            EventView::ParseInto<EventView::Labels::kUnchecked>(event_wire,
                                                                &view);
        if (error != nullptr) return Malformed(events.size(), error);
      }
      events.push_back({static_cast<uint32_t>(event_wire.data() - begin),
                        static_cast<uint32_t>(event_wire.size())});
      continue;
    }
    if (tag >> 3 == event_wire::kBatchEvent >> 3) {
      return Malformed(events.size(), "wrong wire type");
    }
    at = wire::SkipValue(at, end, tag);
    if (at == nullptr) return Malformed(events.size(), "bad unknown field");
  }
  return EventBatchPtr(new EventBatch(std::move(wire), std::move(events)));
}

EventView EventBatch::event(size_t index) const {
  EventView view;
  const char* const error = EventView::ParseInto<EventView::Labels::kKnownGood>(
      event_wire(index), &view);
  DCHECK(error == nullptr) << "batches hold only checked events: " << error;
  return view;
}

std::string_view EventBatch::event_wire(size_t index) const {
  DCHECK_LT(index, events_.size());
  const Slice& slice = events_[index];
  return std::string_view(wire_.data() + slice.offset, slice.size);
}

uint32_t EventBatch::subject_hash(size_t index) const {
  const uint32_t known = events_[index].subject_hash;
  if (known != 0) return known;
  return HashSubject(EventView::SubjectOf(event_wire(index)));
}

void EventBatch::Prefetch(size_t index) const {
  if (index >= events_.size()) return;
  // Behind the data, which is stepped over, come the labels and times.
  const std::string_view wire = event_wire(index);
  __builtin_prefetch(wire.data());
  __builtin_prefetch(wire.data() + kCacheLineBytes);
  __builtin_prefetch(wire.data() + wire.size());
}

size_t EventBatch::byte_size() const {
  return sizeof(EventBatch) + wire_.capacity() +
         events_.capacity() * sizeof(Slice);
}

void EventBatchBuilder::Reserve(size_t events, size_t bytes) {
  events_.reserve(events);
  wire_.reserve(bytes);
}

void EventBatchBuilder::AppendEventHeader(size_t event_size) {
  char header[kMaxEventHeaderBytes];
  header[0] = static_cast<char>(event_wire::kBatchEvent);
  // Nothing larger fits the limit that is checked below.
  const size_t size = std::min(event_size, kMaxWireBytes);
  wire_.append(header, StoreVarint(header + 1, size));
  CHECK_LE(wire_.size() + event_size, kMaxWireBytes)
      << "a batch of more than 2 GiB";
  events_.push_back(
      {static_cast<uint32_t>(wire_.size()), static_cast<uint32_t>(event_size)});
}

char* EventBatchBuilder::AppendEventSpace(size_t event_size) {
  AppendEventHeader(event_size);
  const size_t before = wire_.size();
  wire_.resize(before + event_size);
  return wire_.data() + before;
}

void EventBatchBuilder::Add(const EventFields& fields) {
  char* const to = AppendEventSpace(EventSize(fields));
  char* const end = WriteEvent(to, fields);
  DCHECK(end == wire_.data() + wire_.size());
}

void EventBatchBuilder::Add(const event::v1::Event& event) {
  const size_t size = event.ByteSizeLong();
  char* const to = AppendEventSpace(size);
  event.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(to));
}

void EventBatchBuilder::AddWire(std::string_view event_wire,
                                std::string_view more_fields) {
  // Appended, not written into place: that would have to be zeroed first.
  AppendEventHeader(event_wire.size() + more_fields.size());
  wire_.append(event_wire).append(more_fields);
}

void EventBatchBuilder::AddView(const EventView& event,
                                std::string_view more_fields) {
  AddWire(event.wire(), more_fields);
  events_.back().subject_hash = HashSubject(event.subject());
}

void EventBatchBuilder::AddBatch(const EventBatch& batch) {
  const size_t before = wire_.size();
  CHECK_LE(before + batch.wire_.size(), kMaxWireBytes)
      << "a batch of more than 2 GiB";
  // One message behind the other is Protobuf's form of both merged.
  wire_.append(batch.wire_);
  const size_t first = events_.size();
  events_.insert(events_.end(), batch.events_.begin(), batch.events_.end());
  for (size_t i = first; i < events_.size(); ++i) {
    events_[i].offset += static_cast<uint32_t>(before);
  }
}

EventBatchPtr EventBatchBuilder::Build() {
  EventBatchPtr batch(new EventBatch(std::move(wire_), std::move(events_)));
  wire_ = std::string();
  events_ = {};
  return batch;
}

}  // namespace sluice
