#include "pipeline/runtime/dead_letter_box.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/event/v1/event.pb.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

using Ids = std::vector<uint64_t>;
using storage::v1::DeadLetter;

class DeadLetterBoxTest : public testing::Test {
 protected:
  DeadLetterBoxTest() : log_(LogOptions(), &clock_), box_(&log_, &clock_) {
    for (const char* sink : {"feed", "archive"}) {
      EXPECT_TRUE(log_.OpenCursor(sink, true).ok());
    }
  }

  static event::v1::Event Event(const std::string& id) {
    event::v1::Event event;
    event.set_id(id);
    event.set_type("temperature");
    event.set_data("{\"t\":21}");
    return event;
  }

  DeadLetter Letter(const std::string& component, const std::string& reason,
                    const std::string& id) {
    DeadLetter letter;
    letter.set_component(component);
    letter.set_reason(reason);
    letter.set_event(Event(id).SerializeAsString());
    letter.set_dead_unix_nanos(absl::ToUnixNanos(clock_.Now()));
    return letter;
  }

  void Add(DeadLetter letter) {
    AppendRequest request;
    request.dead_letters = {std::move(letter)};
    ASSERT_TRUE(log_.Append(request, Durability::kDurable).ok());
  }
  // Letters 1 .. count of sink "feed" for events e1 .. ecount.
  void AddSome(int count) {
    for (int i = 1; i <= count; ++i) {
      Add(Letter("feed", "rejected", "e" + std::to_string(i)));
    }
  }

  Ids Find(const DeadLetterFilter& filter) {
    Ids ids;
    EXPECT_TRUE(box_.ForEach(filter,
                             [&](const DeadLetter& letter) {
                               ids.push_back(letter.id());
                               return absl::OkStatus();
                             })
                    .ok());
    return ids;
  }

  // Ids of events in the log that are for `sink`.
  std::vector<std::string> EventsFor(const std::string& sink) {
    std::vector<std::string> ids;
    Sequence next = 1;
    while (true) {
      const auto batches = log_.Read(next, 1 << 20);
      EXPECT_TRUE(batches.ok());
      if (batches->empty()) return ids;
      for (const LogBatch& batch : *batches) {
        next = batch.first_sequence + batch.events->size();
        if (!batch.IsFor(sink)) continue;
        for (size_t i = 0; i < batch.events->size(); ++i) {
          ids.emplace_back(batch.events->event(i).id());
        }
      }
    }
  }

  SettableClock clock_;
  MemoryEventLog log_;
  DeadLetterBox box_;
};

TEST_F(DeadLetterBoxTest, FiltersNarrowByEverythingAPersonAsksFor) {
  Add(Letter("feed", "rejected", "a"));
  clock_.Advance(absl::Hours(1));
  const absl::Time later = clock_.Now();
  Add(Letter("archive", "expired", "b"));
  clock_.Advance(absl::Hours(1));
  Add(Letter("feed", "expired", "c"));
  DeadLetter input;
  input.set_component("sensors");
  input.set_reason("malformed");
  input.set_input("c");
  input.set_dead_unix_nanos(absl::ToUnixNanos(clock_.Now()));
  Add(input);
  EXPECT_EQ(Find({}), Ids({1, 2, 3, 4}));
  EXPECT_EQ(Find({.components = {"feed"}}), Ids({1, 3}));
  EXPECT_EQ(Find({.components = {"archive", "sensors"}}), Ids({2, 4}));
  EXPECT_EQ(Find({.reasons = {"expired"}}), Ids({2, 3}));
  EXPECT_EQ(Find({.components = {"feed"}, .reasons = {"expired"}}), Ids({3}));
  EXPECT_EQ(Find({.from = later}), Ids({2, 3, 4}));
  EXPECT_EQ(Find({.to = later}), Ids({1}));
  EXPECT_EQ(Find({.event_id = "c"}), Ids({3}));
  EXPECT_EQ(Find({.ids = {4, 2, 17}}), Ids({2, 4}));
}

TEST_F(DeadLetterBoxTest, PagesGoOnWhereTheLastEnded) {
  AddSome(100);
  Add(Letter("archive", "rejected", "other"));
  const DeadLetterFilter filter{.components = {"feed"}};
  uint64_t from = 0;
  Ids seen;
  for (const size_t expected : {40, 40, 20}) {
    const auto page = box_.List(filter, from, 40);
    ASSERT_TRUE(page.ok());
    EXPECT_EQ(page->letters.size(), expected);
    for (const DeadLetter& letter : page->letters) seen.push_back(letter.id());
    EXPECT_EQ(page->next_id.has_value(), expected == 40);
    from = page->next_id.value_or(0);
  }
  EXPECT_EQ(seen, Find(filter));
}

TEST_F(DeadLetterBoxTest, CanBeGoneThroughInParts) {
  AddSome(7);
  DeadLetterFilter part;
  part.from_id = 3;
  part.end_id = 6;
  EXPECT_EQ(Find(part), (Ids{3, 4, 5}));
  EXPECT_TRUE(part.empty());
  part.ids = {2, 4, 6};
  EXPECT_EQ(Find(part), (Ids{4}));
  EXPECT_EQ(*box_.Purge(part, /*dry_run=*/false), 1u);
  EXPECT_EQ(Find({}), (Ids{1, 2, 3, 5, 6, 7}));
}

TEST_F(DeadLetterBoxTest, ALetterGoesBackToItsOwnSinkOnly) {
  AddSome(3);
  const auto report = box_.Redrive({.ids = {1, 3}}, {}, /*dry_run=*/false);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->redriven, 2u);
  EXPECT_EQ(EventsFor("feed"), std::vector<std::string>({"e1", "e3"}));
  EXPECT_TRUE(EventsFor("archive").empty());
  EXPECT_EQ(Find({}), Ids({2}));
  EXPECT_EQ(log_.stats().dead_letters_redriven, 2u);
}

TEST_F(DeadLetterBoxTest, AnotherSinkCanBeChosenAndASourceGoesToAll) {
  AddSome(1);
  Add(Letter("sensors", "transform_failed", "s1"));
  ASSERT_TRUE(box_.Redrive({.ids = {1}}, {"archive"}, false).ok());
  ASSERT_TRUE(box_.Redrive({.ids = {2}}, {}, false).ok());
  EXPECT_EQ(EventsFor("archive"), std::vector<std::string>({"e1", "s1"}));
  EXPECT_EQ(EventsFor("feed"), std::vector<std::string>({"s1"}));
}

TEST_F(DeadLetterBoxTest, ManyLettersOfManySinksKeepTheirOrder) {
  std::vector<std::string> feed;
  std::vector<std::string> archive;
  for (int i = 0; i < 1300; ++i) {
    const std::string id = "e" + std::to_string(i);
    Add(Letter(i % 3 == 0 ? "archive" : "feed", "rejected", id));
    (i % 3 == 0 ? archive : feed).push_back(id);
  }
  const auto report = box_.Redrive({}, {}, false);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->redriven, 1300u);
  EXPECT_EQ(report->by_sink.at("archive"), archive.size());
  EXPECT_EQ(EventsFor("feed"), feed);
  EXPECT_EQ(EventsFor("archive"), archive);
}

TEST_F(DeadLetterBoxTest, SinksThatAreNotInUseAreRefused) {
  AddSome(2);
  ASSERT_TRUE(log_.ParkCursor("feed").ok());
  EXPECT_EQ(box_.Redrive({}, {"nowhere"}, false).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(box_.Redrive({}, {"feed"}, false).status().code(),
            absl::StatusCode::kFailedPrecondition);
  const auto report = box_.Redrive({}, {}, false);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->redriven, 0u);
  EXPECT_EQ(report->refused, 2u);
  EXPECT_EQ(Find({}), Ids({1, 2}));
}

TEST_F(DeadLetterBoxTest, ADryRunChangesNothing) {
  AddSome(2);
  EXPECT_EQ(box_.Redrive({}, {}, /*dry_run=*/true)->redriven, 2u);
  EXPECT_EQ(*box_.Purge({}, /*dry_run=*/true), 2u);
  EXPECT_EQ(Find({}), Ids({1, 2}));
  EXPECT_EQ(log_.stats().next_sequence, 1u);
}

TEST_F(DeadLetterBoxTest, InputBecomesAnEventByEditing) {
  DeadLetter letter;
  letter.set_component("sensors");
  letter.set_input(std::string("\x00\xff{oops", 7));
  Add(letter);
  EXPECT_EQ(box_.Redrive({}, {}, false)->refusals.at(0).first, 1u);
  const auto edited = box_.Edit(
      1, {.set = {{"id", "fixed"}, {"labels.room", "99"}}, .unset = {}});
  ASSERT_TRUE(edited.ok()) << edited.status();
  EXPECT_EQ(edited->original_input(), letter.input());
  ASSERT_EQ(edited->past_size(), 1);
  EXPECT_EQ(edited->past(0).edited().fields(1), "labels.room");
  ASSERT_EQ(box_.Redrive({}, {"feed"}, false)->redriven, 1u);
  const auto batches = log_.Read(1, 1);
  const EventView event = batches->at(0).events->event(0);
  EXPECT_EQ(event.id(), "fixed");
  EXPECT_EQ(event.data(), letter.input());
  EXPECT_EQ(event.label("room"), "99");
  EXPECT_TRUE(event.has_time());
}

TEST_F(DeadLetterBoxTest, EditsAreCheckedAndKeepTheFirstContent) {
  AddSome(1);
  const std::string before = box_.Get(1)->event();
  for (const auto& [name, value] :
       std::vector<std::pair<std::string, std::string>>{{"id", ""},
                                                        {"colour", "red"},
                                                        {"labels.", "x"},
                                                        {"time", "yesterday"},
                                                        {"subject", "\xff"}}) {
    EXPECT_EQ(
        box_.Edit(1, {.set = {{name, value}}, .unset = {}}).status().code(),
        absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_FALSE(box_.Edit(1, {.set = {}, .unset = {"labels.none"}}).ok());
  EXPECT_FALSE(box_.Edit(1, {}).ok());
  EXPECT_EQ(box_.Edit(2, {.set = {{"id", "x"}}, .unset = {}}).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(box_.Get(1)->event(), before);
  ASSERT_TRUE(box_.Edit(1, {.set = {{"time", "2024-05-01T12:00:00Z"}},
                            .unset = {},
                            .data = "new"})
                  .ok());
  ASSERT_TRUE(box_.Edit(1, {.set = {{"labels.a", "b"}}, .unset = {}}).ok());
  ASSERT_TRUE(box_.Edit(1, {.set = {}, .unset = {"labels.a"}}).ok());
  const auto letter = box_.Get(1);
  EXPECT_EQ(letter->original_event(), before);
  EXPECT_EQ(letter->past_size(), 3);
  event::v1::Event event;
  ASSERT_TRUE(event.ParseFromString(letter->event()));
  EXPECT_EQ(event.data(), "new");
  EXPECT_EQ(event.time_unix_nanos(), 1'714'564'800'000'000'000);
  EXPECT_EQ(event.labels_size(), 0);
}

TEST_F(DeadLetterBoxTest, TextThatIsNotUtf8CanBeMended) {
  DeadLetter letter = Letter("sensors", "invalid_utf8", "e1");
  EventBatchBuilder builder;
  builder.Add({.id = "e1", .subject = "\xff\xfe", .data = "kept"});
  letter.set_event(std::string(builder.Build()->event_wire(0)));
  Add(letter);
  EXPECT_EQ(box_.Redrive({}, {"feed"}, false)->refused, 1u);
  ASSERT_TRUE(box_.Edit(1, {.set = {{"subject", "dev"}}, .unset = {}}).ok());
  EXPECT_EQ(box_.Redrive({}, {"feed"}, false)->redriven, 1u);
}

TEST_F(DeadLetterBoxTest, CutOffInputNeedsItsWholePayload) {
  DeadLetter letter;
  letter.set_component("sensors");
  letter.set_input("half");
  letter.set_truncated_bytes(4);
  Add(letter);
  EXPECT_EQ(box_.Edit(1, {.set = {{"id", "x"}}, .unset = {}}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(
      box_.Edit(1, {.set = {{"id", "x"}}, .unset = {}, .data = "half more"})
          .ok());
}

TEST_F(DeadLetterBoxTest, PurgesWhatMatches) {
  AddSome(700);
  Add(Letter("archive", "rejected", "stays"));
  EXPECT_EQ(*box_.Purge({.components = {"feed"}}, false), 700u);
  EXPECT_EQ(Find({}), Ids({701}));
  EXPECT_EQ(log_.stats().dead_letters_purged, 700u);
}

TEST_F(DeadLetterBoxTest, BigBinaryPayloadsComeBackAsTheyWere) {
  std::string data(1 << 20, '\0');
  for (size_t i = 0; i < data.size(); ++i) {
    data[i] = static_cast<char>(i * 7 + i / 251);
  }
  for (int i = 0; i < 5; ++i) {
    DeadLetter letter = Letter("feed", "rejected", "big");
    event::v1::Event event = Event("big" + std::to_string(i));
    event.set_data(data);
    letter.set_event(event.SerializeAsString());
    Add(letter);
  }
  ASSERT_EQ(box_.Redrive({}, {}, false)->redriven, 5u);
  EXPECT_EQ(EventsFor("feed").size(), 5u);
  const auto batches = log_.Read(5, 1);
  const EventBatch& last = *batches->back().events;
  EXPECT_EQ(last.event(last.size() - 1).data(), data);
}

}  // namespace
}  // namespace sluice
