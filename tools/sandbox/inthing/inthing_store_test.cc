#include "tools/sandbox/inthing/inthing_store.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

InthingEvent WithImage(size_t bytes) {
  InthingEvent event;
  event.image = std::string(bytes, 'x');
  event.image_type = "image/png";
  return event;
}

TEST(InthingStoreTest, IdsAreVersionOneAndDependOnTheSeed) {
  InthingStore store(1, {}, {});
  InthingStore same(1, {}, {});
  InthingStore other(2, {}, {});
  const std::string id = store.NewStream(kNow)->id;
  EXPECT_TRUE(IsUuid(id));
  EXPECT_EQ(id[14], '1');
  EXPECT_EQ(id, absl::AsciiStrToLower(id));
  EXPECT_EQ(same.NewStream(kNow)->id, id);
  EXPECT_NE(other.NewStream(kNow)->id, id);
}

TEST(InthingStoreTest, KeepsTheNewestEvents) {
  InthingStore store(1, {.events_per_stream = 3}, {});
  InthingStream& stream = *store.NewStream(kNow);
  std::string first;
  for (int i = 0; i < 4; ++i) {
    const std::string id = store.Add(stream, WithImage(1), kNow).id;
    if (i == 0) first = id;
  }
  EXPECT_EQ(stream.events.size(), 3);
  EXPECT_GT(stream.events[0]->order, stream.events[1]->order);
  const InthingStream* of = nullptr;
  EXPECT_EQ(store.FindEvent(first, &of), nullptr);
  EXPECT_EQ(store.FindEvent(stream.events[0]->id, &of), stream.events[0].get());
  EXPECT_EQ(of, &stream);
}

TEST(InthingStoreTest, OldImagesMakeRoomForNewOnes) {
  InthingStore store(1, {.image_bytes = 25}, {});
  InthingStream& stream = *store.NewStream(kNow);
  for (int i = 0; i < 3; ++i) store.Add(stream, WithImage(10), kNow);
  EXPECT_FALSE(stream.events[0]->image_dropped);
  EXPECT_FALSE(stream.events[1]->image_dropped);
  EXPECT_TRUE(stream.events[2]->image_dropped);
  EXPECT_EQ(stream.events[2]->image, "");
}

TEST(InthingStoreTest, MakesNoMoreStreamsThanItHasRoomFor) {
  InthingStore store(1, {.streams = 2}, {});
  EXPECT_NE(store.NewStream(kNow), nullptr);
  EXPECT_NE(store.NewStream(kNow), nullptr);
  EXPECT_EQ(store.NewStream(kNow), nullptr);
}

TEST(InthingStoreTest, ForgetsAllButOneStream) {
  InthingStore store(1, {}, {});
  store.NewStream(kNow);
  InthingStream& kept = *store.NewStream(kNow);
  store.Claim(kept, "will", "test", "daffodil");
  store.NewStream(kNow);
  const std::string id = kept.id;
  store.Reset(kept);
  EXPECT_EQ(store.streams().size(), 1);
  EXPECT_EQ(store.Find(id), &kept);
  EXPECT_EQ(store.Find("/will/test/"), &kept);
  EXPECT_TRUE(kept.events.empty());
  EXPECT_EQ(store.OwnedBy("will").size(), 1);
}

TEST(InthingStoreTest, WindowsAreAlignedToTheEpoch) {
  InthingStore store(1, {}, {});
  const InthingStream& stream = *store.NewStream(kNow);
  // 1,700,000,040 begins a minute.
  const absl::Time edge = absl::FromUnixSeconds(1'700'000'040);
  const auto post = [&](absl::Time at) {
    return store.CountPost(stream, stream.id, at).has_value();
  };
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(post(edge - absl::Seconds(1)));
  EXPECT_TRUE(post(edge - absl::Seconds(1)));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(post(edge));
  EXPECT_TRUE(post(edge));
}

TEST(InthingStoreTest, TellsUnclaimedPathsFromOthers) {
  for (const char* name : {"/s/x/", "s/x", "https://inthing.io/s/x/?a#b"}) {
    EXPECT_TRUE(IsUnclaimedPath(name)) << name;
  }
  for (const char* name : {"/will/s/", "/s/", "/s/x/add/", "http://s/x/", ""}) {
    EXPECT_FALSE(IsUnclaimedPath(name)) << name;
  }
}

TEST(InthingStoreTest, FindsTags) {
  using Tags = std::vector<std::string>;
  EXPECT_EQ(TagsOf("#Room_12, #warm #warm"), (Tags{"room_12", "warm"}));
  EXPECT_EQ(TagsOf("a#b &#39; http://x/#y # z ##"), Tags{});
  EXPECT_EQ(TagsOf("#K\xC3\xBC"
                   "che"),
            (Tags{"k\xC3\xBC"
                  "che"}));
  EXPECT_EQ(TagsOf("#" + std::string(101, 'x')), Tags{});
  std::string many;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, "#t", i, " ");
  EXPECT_EQ(TagsOf(many).size(), 100);
}

}  // namespace
}  // namespace sluice::sandbox
