#include "pipeline/runtime/event_selection.h"

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

TEST(EventSelectionTest, TakesWhatMatchesAllThatIsGiven) {
  const LabelView labels[] = {{"room", "99"}, {"floor", "2"}};
  EventFields fields;
  fields.id = "e1";
  fields.source = "//devices/p1";
  fields.type = "temperature";
  fields.subject = "d7";
  fields.labels = labels;
  EventBatchBuilder builder;
  builder.Add(fields);
  const EventBatchPtr batch = builder.Build();
  const EventView event = batch->event(0);

  const auto takes = [&](const EventSelection& selection) {
    return selection.Matches(event);
  };
  EXPECT_TRUE(takes({}));
  const EventSelection either{.ids = {"e0", "e1"}};
  EXPECT_TRUE(takes(either));
  EXPECT_FALSE(takes({.ids = {"e0"}}));
  EXPECT_TRUE(takes({.sources = {"//devices/p1"}}));
  EXPECT_FALSE(takes({.sources = {"//devices"}}));
  EXPECT_FALSE(takes({.types = {"humidity"}}));
  EXPECT_FALSE(takes({.subjects = {"d8"}}));
  const EventSelection both{.types = {"temperature"},
                            .labels = {{"room", "99"}, {"floor", "2"}}};
  EXPECT_TRUE(takes(both));
  const EventSelection other_room{.labels = {{"room", "9"}}};
  EXPECT_FALSE(takes(other_room));
  const EventSelection no_such_label{.labels = {{"house", ""}}};
  EXPECT_FALSE(takes(no_such_label));
}

}  // namespace
}  // namespace sluice
