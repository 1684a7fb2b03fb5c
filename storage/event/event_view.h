// Reading one encoded event without decoding it into objects.
#ifndef STORAGE_EVENT_EVENT_VIEW_H_
#define STORAGE_EVENT_EVENT_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proto/event/v1/event.pb.h"

namespace sluice {

struct LabelView {
  std::string_view key;
  std::string_view value;
};

// Where the fields of an event of at most kMaxBytes lie, so that they need not
// be looked for again.
struct EventLayout {
  static constexpr size_t kMaxBytes = 0xffff;

  // False: not known where they lie.
  bool known = false;

  // `offset` counts from the beginning of the event.
  struct Bytes {
    uint16_t offset = 0;
    uint16_t size = 0;
  };
  Bytes id;
  Bytes source;
  Bytes type;
  Bytes subject;
  Bytes datacontenttype;
  Bytes data;
  uint16_t first_label = 0;
  uint16_t ingest_time_at = 0;
  int64_t time_unix_nanos = 0;
  int64_t ingest_time_unix_nanos = 0;
};

// A read-only view of one serialized `sluice.event.v1.Event`: finds every field
// in one pass over the bytes and hands out views into them. No allocation, no
// copy.
//
// Lifetime: every view points into the bytes given to Parse(); keep them
// (usually an EventBatchPtr) alive. Thread-safety: immutable, so any number of
// threads may read.
class EventView {
 public:
  EventView() = default;

  // Views `wire` by its layout. REQUIRES: it is known.
  EventView(std::string_view wire, const EventLayout& layout);

  // Views `wire`, a serialized Event. Unknown fields are skipped; for a
  // repeated singular field the last one counts, as protobuf demands.
  //   kInvalidArgument: `wire` is not a well-formed Event. UTF-8 is not checked
  //   here but on admission.
  static absl::StatusOr<EventView> Parse(std::string_view wire);

  // The subject alone, for who needs nothing else: steps over all other fields.
  // REQUIRES: `wire` is a well-formed Event.
  static std::string_view SubjectOf(std::string_view wire);

  std::string_view id() const { return id_; }
  std::string_view source() const { return source_; }
  std::string_view type() const { return type_; }
  std::string_view subject() const { return subject_; }
  std::string_view datacontenttype() const { return datacontenttype_; }
  std::string_view data() const { return data_; }
  // Only of an event that was a dead letter; see event.proto.
  std::string_view past() const { return past_; }

  // Nanoseconds since the Unix epoch; 0 when absent.
  int64_t time_unix_nanos() const { return time_unix_nanos_; }
  int64_t ingest_time_unix_nanos() const { return ingest_time_unix_nanos_; }
  bool has_time() const { return time_unix_nanos_ != 0; }
  absl::Time time() const { return absl::FromUnixNanos(time_unix_nanos_); }
  absl::Time ingest_time() const {
    return absl::FromUnixNanos(ingest_time_unix_nanos_);
  }

  // The value of label `key`, or nullopt. Scans the labels: O(labels).
  std::optional<std::string_view> label(std::string_view key) const;

  // Calls `fn(LabelView)` for each label in order.
  template <typename Fn>
  void ForEachLabel(Fn&& fn) const {
    LabelView label;
    for (size_t at = first_label_; NextLabel(&at, &label);) fn(label);
  }

  // The serialized Event itself.
  std::string_view wire() const { return wire_; }
  // The same without the time of ingest, where that comes last, as it does in
  // what a pipeline has taken in.
  std::string_view wire_before_ingest_time() const {
    return wire_.substr(0, ingest_time_at_);
  }

  // Where the fields lie; not known if the event is too large or has a past.
  EventLayout layout() const;

  // Decodes into a message, for code that wants one.
  event::v1::Event ToProto() const;

 private:
  friend class EventBatch;

  // Whether labels are looked into, or known to be well formed.
  enum class Labels { kUnchecked, kKnownGood };

  // Parse() into a fresh `view`, without the price of a StatusOr. Null, or what
  // is wrong with `wire`.
  template <Labels labels>
  static const char* ParseInto(std::string_view wire, EventView* view);

  // Finds the label at or after offset `*at` of wire_, and moves `*at` behind
  // it.
  bool NextLabel(size_t* at, LabelView* label) const;

  std::string_view wire_;
  std::string_view id_;
  std::string_view source_;
  std::string_view type_;
  std::string_view subject_;
  std::string_view datacontenttype_;
  std::string_view data_;
  std::string_view past_;
  int64_t time_unix_nanos_ = 0;
  int64_t ingest_time_unix_nanos_ = 0;
  // Where the first label begins in wire_; its end if there is none.
  size_t first_label_ = 0;
  // Where the time of ingest begins if it is the last field; else the end.
  size_t ingest_time_at_ = 0;
};

// The fields of an event to be written; the counterpart of EventView. All views
// are borrowed for the call that takes them.
struct EventFields {
  std::string_view id = {};
  std::string_view source = {};
  std::string_view type = {};
  std::string_view subject = {};
  std::string_view datacontenttype = {};
  std::string_view data = {};
  // Nanoseconds since the Unix epoch; 0: not known.
  int64_t time_unix_nanos = 0;
  int64_t ingest_time_unix_nanos = 0;
  absl::Span<const LabelView> labels = {};
};

}  // namespace sluice

#endif  // STORAGE_EVENT_EVENT_VIEW_H_
