// The unit that travels: events encoded once, then queued, stored, shared by
// all sinks and delivered as they are.
#ifndef STORAGE_EVENT_EVENT_BATCH_H_
#define STORAGE_EVENT_EVENT_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_view.h"

namespace sluice {

class EventBatch;

// Batches are immutable and shared: whoever holds the pointer may read, nobody
// may write.
using EventBatchPtr = std::shared_ptr<const EventBatch>;

// An immutable sequence of events, held as the bytes of one serialized
// `sluice.event.v1.EventBatch` and an index of where each event lies. What a
// source encoded is what the log stores and what a sink reads.
//
// Thread-safety: immutable; any thread may read.
class EventBatch {
 public:
  // Takes the bytes of a serialized EventBatch and checks that every event in
  // it is well formed.
  //   kInvalidArgument: it is not; the message names the event's index.
  static absl::StatusOr<EventBatchPtr> Parse(std::string wire);
  // The same for bytes that came from an EventBatch and are guarded by a
  // checksum: finds where each of the `event_count` events lies without looking
  // into them.
  //   kInvalidArgument: that cannot be; the checksum cannot have been right.
  static absl::StatusOr<EventBatchPtr> FromStored(std::string wire,
                                                  size_t event_count);

  // Number of events; a batch may be empty.
  size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }

  // The event at `index`, 0 <= index < size(). Valid while this batch lives.
  EventView event(size_t index) const;

  // The serialized Event at `index`.
  std::string_view event_wire(size_t index) const;

  // Equal for equal subjects, and the same in every run of one program.
  uint32_t subject_hash(size_t index) const;

  // Begins to fetch what event(index) will touch, and its bytes, for a thread
  // that did not write it. Any index.
  void Prefetch(size_t index) const;

  // Whether SetIngestTime() may be called.
  bool has_room_for_ingest_time() const { return room_for_ingest_time_; }

  // Gives each event of `batch` this time of ingest, in place. False, and
  // nothing was changed: somebody else holds the batch too. REQUIRES:
  // has_room_for_ingest_time().
  static bool SetIngestTime(const EventBatchPtr& batch, int64_t unix_nanos);

  // The serialized EventBatch.
  std::string_view wire() const { return wire_; }

  // Bytes of memory this batch holds, for budgets.
  size_t byte_size() const;

 private:
  friend class EventBatchBuilder;
  struct Slice {
    uint32_t offset;
    uint32_t size;
    uint32_t subject_hash = 0;  // 0: not known yet.
    EventLayout layout;
  };
  // Finds the events, and checks each if `check_events`.
  static absl::StatusOr<EventBatchPtr> Index(std::string wire,
                                             size_t expected_events,
                                             bool check_events);

  EventBatch(std::string wire, std::vector<Slice> events,
             bool room_for_ingest_time)
      : wire_(std::move(wire)),
        events_(std::move(events)),
        room_for_ingest_time_(room_for_ingest_time) {}

  std::string wire_;
  std::vector<Slice> events_;
  // Each event ends with the field.
  const bool room_for_ingest_time_;
};

// Writes events one behind the other into one buffer.
//
// Thread-safety: none; one thread builds a batch.
class EventBatchBuilder {
 public:
  EventBatchBuilder() = default;
  EventBatchBuilder(EventBatchBuilder&&) = default;
  EventBatchBuilder& operator=(EventBatchBuilder&&) = default;

  // Sets room aside, so that building does not reallocate.
  void Reserve(size_t events, size_t bytes);
  // From now on Add(fields) leaves room for a time of ingest in events that
  // have none, so that it can be set without writing the batch anew.
  void LeaveRoomForIngestTime() { leave_room_ = true; }

  // Appends one event. All bytes are copied. REQUIRES, of all Add methods: the
  // batch stays below 2 GiB, which is Protobuf's limit on a message.
  void Add(const EventFields& fields);
  void Add(const event::v1::Event& event);
  // Appends an event that is already serialized, with `more_fields`, serialized
  // too, behind its own: the last occurrence of a field counts. REQUIRES:
  // `event_wire` is a well-formed Event, and so are `more_fields`.
  void AddWire(std::string_view event_wire, std::string_view more_fields = {});
  // Appends an event that was read, with another time of ingest, which becomes
  // its time, too, if it has none.
  void AddStamped(const EventView& event, int64_t ingest_time_unix_nanos);
  // Appends every event of `batch` in one copy.
  void AddBatch(const EventBatch& batch);

  size_t size() const { return events_.size(); }
  bool empty() const { return events_.empty(); }
  // Bytes of the serialized batch so far.
  size_t wire_size() const { return wire_.size(); }

  // Hands the batch over and leaves the builder empty for the next one. Never
  // null.
  EventBatchPtr Build();

 private:
  // Indexes an event of `event_size` bytes that is about to be appended.
  void AppendEventHeader(size_t event_size);
  // The same, and makes room for it; returns where its bytes go.
  char* AppendEventSpace(size_t event_size);

  std::string wire_;
  std::vector<EventBatch::Slice> events_;
  bool leave_room_ = false;
  // How many of events_ end with a time of ingest.
  size_t with_room_ = 0;
};

}  // namespace sluice

#endif  // STORAGE_EVENT_EVENT_BATCH_H_
