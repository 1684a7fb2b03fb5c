#include "storage/event/event_batch.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using event::v1::Event;

// Numbers whose varints have all lengths that occur.
constexpr size_t kSizes[] = {0, 1, 2, 100, 127, 128, 129, 16383, 16384, 70000};

Event RandomEvent(std::mt19937_64& random) {
  const auto text = [&random](size_t size) {
    return std::string(size, static_cast<char>('a' + random() % 26));
  };
  const auto size = [&random] {
    return random() % 16 ? random() % 200
                         : kSizes[random() % std::size(kSizes)];
  };
  Event event;
  event.set_id(text(size()));
  event.set_source(text(size()));
  event.set_type(text(size()));
  event.set_subject(text(size()));
  event.set_datacontenttype(text(size()));
  event.set_data(text(size()));
  if (random() % 2) event.set_time_unix_nanos(static_cast<int64_t>(random()));
  if (random() % 2) event.set_ingest_time_unix_nanos(1);
  for (uint64_t i = random() % 4; i > 0; --i) {
    event.add_labels()->set_key(text(size()));
    event.mutable_labels()->rbegin()->set_value(text(size()));
  }
  return event;
}

void AddByFields(const Event& event, EventBatchBuilder& builder) {
  std::vector<LabelView> labels;
  for (const auto& label : event.labels()) {
    labels.push_back({label.key(), label.value()});
  }
  EventFields fields;
  fields.id = event.id();
  fields.source = event.source();
  fields.type = event.type();
  fields.subject = event.subject();
  fields.datacontenttype = event.datacontenttype();
  fields.data = event.data();
  fields.time_unix_nanos = event.time_unix_nanos();
  fields.ingest_time_unix_nanos = event.ingest_time_unix_nanos();
  fields.labels = labels;
  builder.Add(fields);
}

Event Named(const std::string& id) {
  Event event;
  event.set_id(id);
  return event;
}

TEST(EventBatchTest, EveryWayToAddWritesWhatProtobufWrites) {
  std::mt19937_64 random(1);
  event::v1::EventBatch expected;
  EventBatchBuilder by_fields, by_message, by_wire;
  for (int i = 0; i < 300; ++i) {
    const Event event = RandomEvent(random);
    *expected.add_events() = event;
    AddByFields(event, by_fields);
    by_message.Add(event);
    by_wire.AddWire(event.SerializeAsString());
  }
  const std::string wire = expected.SerializeAsString();
  for (EventBatchBuilder* builder : {&by_fields, &by_message, &by_wire}) {
    EXPECT_EQ(builder->size(), 300u);
    EXPECT_EQ(builder->wire_size(), wire.size());
    const EventBatchPtr batch = builder->Build();
    EXPECT_TRUE(batch->wire() == wire);
    ASSERT_EQ(batch->size(), 300u);
    for (int i = 0; i < 300; ++i) {
      ASSERT_EQ(batch->event_wire(i), expected.events(i).SerializeAsString());
      ASSERT_EQ(batch->event(i).id(), expected.events(i).id());
    }
  }
}

// What an event says, and where it ends but for its time of ingest.
std::string Describe(const EventView& event) {
  return absl::StrCat(event.ToProto().ShortDebugString(), "|",
                      event.wire_before_ingest_time().size());
}

std::vector<std::string> Described(const EventBatch& batch) {
  std::vector<std::string> described;
  for (size_t i = 0; i < batch.size(); ++i) {
    described.push_back(Describe(batch.event(i)));
  }
  return described;
}

TEST(EventBatchTest, AViewByLayoutIsThatOfAParser) {
  std::mt19937_64 random(4);
  EventBatchBuilder fields, roomy, stamped, message;
  roomy.LeaveRoomForIngestTime();
  for (int i = 0; i < 2000; ++i) {
    Event event = RandomEvent(random);
    AddByFields(event, fields);
    AddByFields(event, roomy);
    if (random() % 8 == 0) event.set_past("once");
    const std::string wire = event.SerializeAsString();
    stamped.AddStamped(*EventView::Parse(wire), 7);
    message.Add(event);
  }
  const EventBatchPtr whole = message.Build();
  EventBatchBuilder twice;
  const EventBatchPtr roomy_batch = roomy.Build();
  twice.AddBatch(*roomy_batch);
  twice.AddBatch(*roomy_batch);
  const EventBatchPtr timed = twice.Build();
  ASSERT_TRUE(EventBatch::SetIngestTime(timed, 1234));
  for (const EventBatchPtr& batch :
       {fields.Build(), roomy_batch, stamped.Build(), timed, whole,
        *EventBatch::Parse(std::string(whole->wire())),
        *EventBatch::FromStored(std::string(whole->wire()), 2000)}) {
    for (size_t i = 0; i < batch->size(); ++i) {
      ASSERT_EQ(Describe(batch->event(i)),
                Describe(*EventView::Parse(batch->event_wire(i))))
          << i;
    }
  }
}

TEST(EventBatchTest, ParsesWhatProtobufWrote) {
  std::mt19937_64 random(2);
  event::v1::EventBatch expected;
  for (int i = 0; i < 100; ++i) *expected.add_events() = RandomEvent(random);
  const auto batch = EventBatch::Parse(expected.SerializeAsString());
  ASSERT_TRUE(batch.ok()) << batch.status();
  ASSERT_EQ((*batch)->size(), 100u);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ((*batch)->event_wire(i), expected.events(i).SerializeAsString());
  }
  EXPECT_GE((*batch)->byte_size(), (*batch)->wire().size());
}

TEST(EventBatchTest, AddsAWholeBatchBehindWhatIsThere) {
  EventBatchBuilder builder;
  builder.Add(Named("a"));
  builder.Add(Named("b"));
  const EventBatchPtr first = builder.Build();
  builder.Add(Named("c"));
  builder.AddBatch(*first);
  builder.AddBatch(*first);
  builder.Add(Named("d"));
  const EventBatchPtr batch = builder.Build();
  std::string ids;
  for (size_t i = 0; i < batch->size(); ++i) ids += batch->event(i).id();
  EXPECT_EQ(ids, "cababd");
  const auto parsed = EventBatch::Parse(std::string(batch->wire()));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ((*parsed)->size(), 6u);
}

TEST(EventBatchTest, TheBuilderIsEmptyAfterBuild) {
  EventBatchBuilder builder;
  builder.Reserve(10, 1000);
  builder.Add(Named("a"));
  EXPECT_EQ(builder.Build()->size(), 1u);
  EXPECT_TRUE(builder.empty());
  EXPECT_EQ(builder.wire_size(), 0u);
  const EventBatchPtr empty = builder.Build();
  ASSERT_NE(empty, nullptr);
  EXPECT_TRUE(empty->empty());
  EXPECT_EQ(empty->wire(), "");
}

TEST(EventBatchTest, EmptyEventsCount) {
  EventBatchBuilder builder;
  builder.Add(EventFields());
  builder.AddWire("");
  const EventBatchPtr batch = builder.Build();
  EXPECT_EQ(batch->size(), 2u);
  EXPECT_EQ(batch->wire(), std::string_view("\x0a\0\x0a\0", 4));
}

TEST(EventBatchTest, RefusesAMalformedEventAndNamesItsIndex) {
  EventBatchBuilder builder;
  builder.Add(Named("good"));
  builder.Add(Named("bad"));
  std::string wire(builder.Build()->wire());
  wire[wire.size() - 4] = '\x7f';  // The length of the second id.
  const auto batch = EventBatch::Parse(wire);
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(batch.status().message().find("at event 1"), std::string::npos)
      << batch.status();
}

TEST(EventBatchTest, RefusesEveryTruncationInsideAnEvent) {
  EventBatchBuilder builder;
  builder.Add(Named("first"));
  const size_t boundary = builder.wire_size();
  builder.Add(Named("second"));
  const std::string wire(builder.Build()->wire());
  for (size_t size = 1; size < wire.size(); ++size) {
    EXPECT_EQ(EventBatch::Parse(wire.substr(0, size)).ok(), size == boundary);
  }
}

TEST(EventBatchTest, SkipsUnknownFieldsAndRefusesWrongTypesAndGroups) {
  using std::string_literals::operator""s;
  const auto with_unknown = EventBatch::Parse("\x10\x05\x0a\x00\x1a\x01x"s);
  ASSERT_TRUE(with_unknown.ok()) << with_unknown.status();
  EXPECT_EQ((*with_unknown)->size(), 1u);
  for (const std::string& wire :
       {"\x08\x01"s, "\x09\0\0\0\0\0\0\0\0"s, "\x13\x14"s, "\x12\x05x"s,
        "\x00"s, "\x80"s}) {
    EXPECT_FALSE(EventBatch::Parse(wire).ok());
  }
}

TEST(EventBatchTest, TheTimeOfIngestCanBeSetWhereThereIsRoomForIt) {
  std::mt19937_64 random(6);
  EventBatchBuilder builder;
  builder.LeaveRoomForIngestTime();
  std::vector<Event> expected;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50; ++i) {
      expected.push_back(RandomEvent(random));
      AddByFields(expected.back(), builder);
      expected.back().set_ingest_time_unix_nanos(-5);
    }
    EventBatchPtr batch = builder.Build();
    ASSERT_TRUE(batch->has_room_for_ingest_time());
    ASSERT_EQ(batch->size(), 50u);
    const EventBatch* const same = batch.get();
    {
      const EventBatchPtr other_holder = batch;
      const std::string before(batch->wire());
      EXPECT_FALSE(EventBatch::SetIngestTime(batch, -5));
      EXPECT_EQ(batch->wire(), before);
    }
    ASSERT_TRUE(EventBatch::SetIngestTime(batch, 3));
    ASSERT_TRUE(EventBatch::SetIngestTime(batch, -5));
    EXPECT_EQ(batch.get(), same);
    for (size_t i = 0; i < 50; ++i) {
      EXPECT_EQ(batch->event_wire(i),
                expected[round * 50 + i].SerializeAsString());
    }
    // One of another kind, and there is no room in all of them.
    builder.AddBatch(*batch);
    builder.AddWire(batch->event_wire(0));
    EXPECT_FALSE(builder.Build()->has_room_for_ingest_time());
    builder.AddBatch(*batch);
    EXPECT_TRUE(builder.Build()->has_room_for_ingest_time());
  }
  EXPECT_FALSE((*EventBatch::Parse("\x0a\x03\x0a\x01"
                                   "i"))
                   ->has_room_for_ingest_time());
}

TEST(EventBatchTest, SubjectsHashAlikeHoweverTheirEventsCame) {
  std::mt19937_64 random(5);
  EventBatchBuilder viewed;
  EventBatchBuilder by_wire;
  std::vector<std::string> subjects;
  for (int i = 0; i < 200; ++i) {
    Event event = RandomEvent(random);
    subjects.push_back(event.subject());
    // Has a time of ingest or not; the new one takes its place.
    const std::string wire = event.SerializeAsString();
    viewed.AddStamped(*EventView::Parse(wire), 7);
    event.set_ingest_time_unix_nanos(7);
    if (event.time_unix_nanos() == 0) event.set_time_unix_nanos(7);
    by_wire.AddWire(event.SerializeAsString());
  }
  const EventBatchPtr one = viewed.Build();
  const EventBatchPtr other = by_wire.Build();
  EXPECT_EQ(Described(*one), Described(*other));
  EventBatchBuilder joined;
  joined.AddBatch(*one);
  const EventBatchPtr copy = joined.Build();
  size_t differing = 0;
  for (size_t i = 0; i < subjects.size(); ++i) {
    copy->Prefetch(i);
    EXPECT_EQ(one->subject_hash(i), other->subject_hash(i));
    EXPECT_EQ(one->subject_hash(i), copy->subject_hash(i));
    for (size_t j = 0; j < i; ++j) {
      const bool same = one->subject_hash(i) == one->subject_hash(j);
      EXPECT_TRUE(same || subjects[i] != subjects[j]);
      differing += same ? 0 : 1;
    }
  }
  EXPECT_GT(differing, 10'000u);
  copy->Prefetch(subjects.size());  // Is not there.
}

}  // namespace
}  // namespace sluice
