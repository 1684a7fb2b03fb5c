#include "storage/event/event_batch.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "storage/base/coding.h"
#include "storage/base/crc32c.h"
#include "storage/event/event_wire.h"

namespace sluice {
namespace {

// Protobuf's own limit on a message, and well within the 32 bits of a Slice.
constexpr size_t kMaxWireBytes = std::numeric_limits<int32_t>::max();

// In front of an event: a tag and a varint of 32 bits.
constexpr size_t kMaxEventHeaderBytes = 6;

constexpr size_t kCacheLineBytes = 64;
constexpr size_t kMostPrefetchedBytes = 16 * kCacheLineBytes;

// A tag and eight bytes.
constexpr size_t kFixed64FieldBytes = 9;

// Never 0. The same in every run, so that a simulation is repeatable.
uint32_t HashSubject(std::string_view subject) {
  return std::max<uint32_t>(1, Crc32c(subject));
}

absl::Status Malformed(size_t index, const char* what) {
  return absl::InvalidArgumentError(
      absl::StrCat("malformed event batch at event ", index, ": ", what));
}

// How many bytes the event takes, the time of ingest apart.
size_t SizeWithoutIngestTime(const EventFields& fields) {
  size_t size =
      wire::BytesFieldSize(fields.id) + wire::BytesFieldSize(fields.source) +
      wire::BytesFieldSize(fields.type) + wire::BytesFieldSize(fields.subject) +
      wire::BytesFieldSize(fields.datacontenttype) +
      wire::BytesFieldSize(fields.data);
  if (fields.time_unix_nanos != 0) size += kFixed64FieldBytes;
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

// Also a number that is 0.
char* WriteFixed64(char* to, uint32_t tag, int64_t value) {
  *to++ = static_cast<char>(tag);
  StoreLittleEndian64(to, static_cast<uint64_t>(value));
  return to + sizeof(value);
}

// Writes an event in the order of its field numbers, as Protobuf's own
// serializer does, and notes where its fields come to lie.
class EventWriter {
 public:
  // Both outlive this; `*layout` is empty.
  EventWriter(char* begin, EventLayout* layout)
      : begin_(begin), at_(begin), layout_(*layout) {}

  // The time of ingest, if it is wanted, also if it is 0.
  void Write(const EventFields& fields, bool with_ingest_time) {
    WriteBytes(event_wire::kId, fields.id, &layout_.id);
    WriteBytes(event_wire::kSource, fields.source, &layout_.source);
    WriteBytes(event_wire::kType, fields.type, &layout_.type);
    WriteBytes(event_wire::kSubject, fields.subject, &layout_.subject);
    at_ =
        wire::WriteFixed64Field(at_, event_wire::kTime, fields.time_unix_nanos);
    layout_.time_unix_nanos = fields.time_unix_nanos;
    WriteBytes(event_wire::kDataContentType, fields.datacontenttype,
               &layout_.datacontenttype);
    WriteBytes(event_wire::kData, fields.data, &layout_.data);
    const uint16_t labels_at = Here();
    for (const LabelView& label : fields.labels) at_ = WriteLabel(at_, label);
    layout_.ingest_time_at = Here();
    layout_.ingest_time_unix_nanos = fields.ingest_time_unix_nanos;
    if (with_ingest_time) {
      at_ = WriteFixed64(at_, event_wire::kIngestTime,
                         fields.ingest_time_unix_nanos);
    }
    layout_.first_label = fields.labels.empty() ? Here() : labels_at;
    layout_.known = size() <= EventLayout::kMaxBytes;
  }

  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  uint16_t Here() const { return static_cast<uint16_t>(at_ - begin_); }

  void WriteBytes(uint32_t tag, std::string_view bytes,
                  EventLayout::Bytes* place) {
    if (bytes.empty()) return;
    at_ = wire::WriteBytesField(at_, tag, bytes);
    place->size = static_cast<uint16_t>(bytes.size());
    place->offset = static_cast<uint16_t>(Here() - place->size);
  }

  char* const begin_;
  char* at_;
  EventLayout& layout_;
};

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
      Slice slice = {.offset = static_cast<uint32_t>(event_wire.data() - begin),
                     .size = static_cast<uint32_t>(event_wire.size())};
      if (check_events) {
        EventView view;
        const char* const error =
            EventView::ParseInto<EventView::Labels::kUnchecked>(event_wire,
                                                                &view);
        if (error != nullptr) return Malformed(events.size(), error);
        slice.layout = view.layout();
      }
      events.push_back(slice);
      continue;
    }
    if (tag >> 3 == event_wire::kBatchEvent >> 3) {
      return Malformed(events.size(), "wrong wire type");
    }
    at = wire::SkipValue(at, end, tag);
    if (at == nullptr) return Malformed(events.size(), "bad unknown field");
  }
  return EventBatchPtr(new EventBatch(std::move(wire), std::move(events),
                                      /*room_for_ingest_time=*/false));
}

EventView EventBatch::event(size_t index) const {
  DCHECK_LT(index, events_.size());
  const EventLayout& layout = events_[index].layout;
  if (layout.known) return EventView(event_wire(index), layout);
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
  const std::string_view wire = event_wire(index);
  const size_t bytes = std::min(wire.size(), kMostPrefetchedBytes);
  for (size_t at = 0; at < bytes; at += kCacheLineBytes) {
    __builtin_prefetch(wire.data() + at);
  }
}

bool EventBatch::SetIngestTime(const EventBatchPtr& batch, int64_t unix_nanos) {
  DCHECK(batch->room_for_ingest_time_);
  if (batch.use_count() != 1) return false;
  // Letting go of a copy orders this behind whatever others did before they let
  // go of theirs; the count alone does not.
  EventBatchPtr(batch).reset();
  // No batch is made as a constant.
  auto* const writable = const_cast<EventBatch*>(batch.get());
  char* const wire = writable->wire_.data();
  for (Slice& slice : writable->events_) {
    StoreLittleEndian64(wire + slice.offset + slice.size - sizeof(unix_nanos),
                        static_cast<uint64_t>(unix_nanos));
    slice.layout.ingest_time_unix_nanos = unix_nanos;
  }
  return true;
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
  events_.push_back({.offset = static_cast<uint32_t>(wire_.size()),
                     .size = static_cast<uint32_t>(event_size)});
}

char* EventBatchBuilder::AppendEventSpace(size_t event_size) {
  AppendEventHeader(event_size);
  const size_t before = wire_.size();
  wire_.resize(before + event_size);
  return wire_.data() + before;
}

void EventBatchBuilder::Add(const EventFields& fields) {
  const bool ends_with_time = leave_room_ || fields.ingest_time_unix_nanos != 0;
  const size_t size =
      SizeWithoutIngestTime(fields) + (ends_with_time ? kFixed64FieldBytes : 0);
  char* const to = AppendEventSpace(size);
  EventBatch::Slice& slice = events_.back();
  slice.subject_hash = HashSubject(fields.subject);
  EventWriter writer(to, &slice.layout);
  writer.Write(fields, ends_with_time);
  if (ends_with_time) ++with_room_;
  DCHECK_EQ(writer.size(), size);
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

void EventBatchBuilder::AddStamped(const EventView& event,
                                   int64_t ingest_time_unix_nanos) {
  char stamp[2 * kFixed64FieldBytes];
  char* end = stamp;
  if (!event.has_time()) {
    end = WriteFixed64(end, event_wire::kTime, ingest_time_unix_nanos);
  }
  end = WriteFixed64(end, event_wire::kIngestTime, ingest_time_unix_nanos);
  const std::string_view wire = event.wire_before_ingest_time();
  AddWire(wire, std::string_view(stamp, static_cast<size_t>(end - stamp)));
  EventBatch::Slice& slice = events_.back();
  slice.subject_hash = HashSubject(event.subject());
  slice.layout = event.layout();
  slice.layout.known &= slice.size <= EventLayout::kMaxBytes;
  // Behind all labels, where there are none.
  if (slice.layout.first_label >= wire.size()) {
    slice.layout.first_label = static_cast<uint16_t>(slice.size);
  }
  if (!event.has_time()) slice.layout.time_unix_nanos = ingest_time_unix_nanos;
  slice.layout.ingest_time_unix_nanos = ingest_time_unix_nanos;
  slice.layout.ingest_time_at =
      static_cast<uint16_t>(slice.size - kFixed64FieldBytes);
  ++with_room_;
}

void EventBatchBuilder::AddBatch(const EventBatch& batch) {
  const size_t before = wire_.size();
  CHECK_LE(before + batch.wire_.size(), kMaxWireBytes)
      << "a batch of more than 2 GiB";
  // One message behind the other is Protobuf's form of both merged.
  wire_.append(batch.wire_);
  if (batch.room_for_ingest_time_) with_room_ += batch.size();
  const size_t first = events_.size();
  events_.insert(events_.end(), batch.events_.begin(), batch.events_.end());
  for (size_t i = first; i < events_.size(); ++i) {
    events_[i].offset += static_cast<uint32_t>(before);
  }
}

EventBatchPtr EventBatchBuilder::Build() {
  const bool room = with_room_ == events_.size();
  EventBatchPtr batch(
      new EventBatch(std::move(wire_), std::move(events_), room));
  wire_ = std::string();
  events_ = {};
  with_room_ = 0;
  return batch;
}

}  // namespace sluice
