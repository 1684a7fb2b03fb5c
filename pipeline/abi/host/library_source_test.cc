#include "pipeline/abi/host/library_source.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/fake_plugin.h"

namespace sluice::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class FakeEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full) return false;
    taken.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    on_ready = std::move(ready);
  }

  bool full = false;
  std::vector<Emission> taken;
  absl::AnyInvocable<void()> on_ready;
};

class LibrarySourceTest : public testing::Test {
 protected:
  absl::Status Start(std::optional<std::string> checkpoint = std::nullopt) {
    return source_->Start(around_.context, &emitter_, std::move(checkpoint));
  }

  // An emission of one event.
  SluiceEmission OneEvent() {
    EventBatchBuilder builder;
    builder.Add(EventFields{.id = "e1"});
    batch_ = builder.Build();
    SluiceEmission emission = {};
    emission.struct_size = sizeof(emission);
    emission.events = ToBytes(batch_->wire());
    return emission;
  }

  SluiceCode Emit(const SluiceEmission& emission) {
    return Host().emit(plugin_.component, &emission);
  }

  FakePlugin plugin_;
  FakeSurroundings around_;
  FakeEmitter emitter_;
  EventBatchPtr batch_;
  std::unique_ptr<LibrarySource> source_ =
      std::make_unique<LibrarySource>(plugin_.Make(SLUICE_KIND_SOURCE));
};

TEST_F(LibrarySourceTest, StartsWithItsNameAndCheckpoint) {
  ASSERT_TRUE(Start("c1").ok());
  EXPECT_EQ(plugin_.name, "p.it");
  EXPECT_EQ(plugin_.checkpoint, "c1");
}

TEST_F(LibrarySourceTest, TellsNoCheckpointFromAnEmptyOne) {
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(plugin_.checkpoint, std::nullopt);
  source_ = std::make_unique<LibrarySource>(plugin_.Make(SLUICE_KIND_SOURCE));
  ASSERT_TRUE(Start("").ok());
  EXPECT_EQ(plugin_.checkpoint, "");
}

TEST_F(LibrarySourceTest, PassesOnWhyItDoesNotStart) {
  plugin_.start_code = SLUICE_INVALID_ARGUMENT;
  EXPECT_EQ(Start(), absl::InvalidArgumentError("cannot start"));
  bool stopped = false;
  source_->Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
  EXPECT_EQ(plugin_.stops, 0);
  source_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 1);
}

TEST_F(LibrarySourceTest, IsDestroyedWithoutAStart) {
  source_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 1);
}

TEST_F(LibrarySourceTest, TakesAllPartsOfAnEmission) {
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  const SluiceMalformed malformed = {ToBytes("{"), ToBytes("malformed_json"),
                                     ToBytes("no end")};
  emission.malformed = &malformed;
  emission.malformed_count = 1;
  const SluiceBytes checkpoint = ToBytes("c2");
  emission.checkpoint = &checkpoint;
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  ASSERT_EQ(emitter_.taken.size(), 1u);
  const Emission& taken = emitter_.taken[0];
  EXPECT_EQ(taken.events->event(0).id(), "e1");
  EXPECT_NE(taken.events->wire().data(), batch_->wire().data());
  EXPECT_EQ(taken.malformed[0].bytes, "{");
  EXPECT_EQ(taken.malformed[0].reason, "malformed_json");
  EXPECT_EQ(taken.malformed[0].message, "no end");
  EXPECT_EQ(taken.checkpoint, "c2");
  EXPECT_FALSE(taken.on_acknowledged);
}

TEST_F(LibrarySourceTest, AcknowledgesByNumber) {
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  emission.emission = 5;
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  emission.emission = 6;
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  emitter_.taken[1].on_acknowledged(absl::UnavailableError("it stops"));
  emitter_.taken[0].on_acknowledged(absl::OkStatus());
  EXPECT_THAT(plugin_.acknowledged, ElementsAre("6: it stops (14)", "5: OK"));
}

TEST_F(LibrarySourceTest, AcknowledgesNothingToASourceThatIsGone) {
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  emission.emission = 5;
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  source_->Stop([] {});
  source_ = nullptr;
  emitter_.taken[0].on_acknowledged(absl::OkStatus());
  EXPECT_THAT(plugin_.acknowledged, IsEmpty());
}

TEST_F(LibrarySourceTest, SaysThatTheQueueIsFullAndWhenNoLonger) {
  ASSERT_TRUE(Start().ok());
  emitter_.full = true;
  EXPECT_EQ(Emit(OneEvent()), SLUICE_RESOURCE_EXHAUSTED);
  Host().notify_when_ready(plugin_.component);
  EXPECT_EQ(plugin_.ready, 0);
  emitter_.on_ready();
  EXPECT_EQ(plugin_.ready, 1);
}

TEST_F(LibrarySourceTest, CallsNoReadyAfterAStop) {
  ASSERT_TRUE(Start().ok());
  Host().notify_when_ready(plugin_.component);
  source_->Stop([] {});
  emitter_.on_ready();
  EXPECT_EQ(plugin_.ready, 0);
}

TEST_F(LibrarySourceTest, RefusesWhatCannotBeRead) {
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  emission.events = ToBytes("\x0a\x7f");
  EXPECT_EQ(Emit(emission), SLUICE_INVALID_ARGUMENT);
  emission.events = {nullptr, 1};
  EXPECT_EQ(Emit(emission), SLUICE_INVALID_ARGUMENT);
  emission.events = {"", size_t{1} << 31};
  EXPECT_EQ(Emit(emission), SLUICE_INVALID_ARGUMENT);
  emission = OneEvent();
  emission.malformed_count = 1;
  EXPECT_EQ(Emit(emission), SLUICE_INVALID_ARGUMENT);
  const SluiceBytes nowhere = {nullptr, 3};
  emission = OneEvent();
  emission.checkpoint = &nowhere;
  EXPECT_EQ(Emit(emission), SLUICE_INVALID_ARGUMENT);
  EXPECT_THAT(emitter_.taken, IsEmpty());
  EXPECT_EQ(around_.faults(), 5u);
}

TEST_F(LibrarySourceTest, ReadsAnEmissionOfAnOlderWriter) {
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  emission.emission = 5;
  emission.struct_size = offsetof(SluiceEmission, emission);
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  EXPECT_FALSE(emitter_.taken[0].on_acknowledged);
}

TEST_F(LibrarySourceTest, TakesNothingAfterAStop) {
  ASSERT_TRUE(Start().ok());
  plugin_.stops_at_once = false;
  source_->Stop([] {});
  EXPECT_EQ(Emit(OneEvent()), SLUICE_FAILED_PRECONDITION);
  Host().stopped(plugin_.component);
}

TEST_F(LibrarySourceTest, StopsOnce) {
  ASSERT_TRUE(Start().ok());
  Host().stopped(plugin_.component);
  EXPECT_EQ(around_.faults(), 1u);
  int stopped = 0;
  source_->Stop([&] { ++stopped; });
  EXPECT_EQ(stopped, 1);
  Host().stopped(plugin_.component);
  EXPECT_EQ(stopped, 1);
  EXPECT_EQ(around_.faults(), 2u);
}

TEST_F(LibrarySourceTest, LeavesASourceThatDoesNotStopToItself) {
  ASSERT_TRUE(Start().ok());
  plugin_.stops_at_once = false;
  source_->Stop([] {});
  source_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 0);
  EXPECT_EQ(around_.faults(), 1u);
  EXPECT_EQ(Emit(OneEvent()), SLUICE_FAILED_PRECONDITION);
  Host().stopped(plugin_.component);
}

TEST_F(LibrarySourceTest, KnowsWhetherItIsFinished) {
  EXPECT_FALSE(source_->finished());
  plugin_.finished = true;
  EXPECT_TRUE(source_->finished());
}

TEST_F(LibrarySourceTest, DoesWithoutTheFunctionsThatMayBeLeftOut) {
  plugin_.source.struct_size = offsetof(SluiceSourceFunctions, traits);
  source_ = std::make_unique<LibrarySource>(plugin_.Make(SLUICE_KIND_SOURCE));
  EXPECT_TRUE(source_->traits().may_repeat);
  ASSERT_TRUE(Start().ok());
  SluiceEmission emission = OneEvent();
  emission.emission = 5;
  EXPECT_EQ(Emit(emission), SLUICE_OK);
  EXPECT_FALSE(emitter_.taken[0].on_acknowledged);
  Host().notify_when_ready(plugin_.component);
  EXPECT_FALSE(emitter_.on_ready);
  EXPECT_FALSE(source_->finished());
}

TEST_F(LibrarySourceTest, HasTheTraitsThatItSays) {
  plugin_.source.traits = [](void*, SluiceSourceTraits* traits) {
    EXPECT_EQ(traits->struct_size, sizeof(SluiceSourceTraits));
    EXPECT_EQ(traits->may_repeat, 1);
    traits->may_repeat = 0;
  };
  source_ = std::make_unique<LibrarySource>(plugin_.Make(SLUICE_KIND_SOURCE));
  EXPECT_FALSE(source_->traits().may_repeat);
}

}  // namespace
}  // namespace sluice::abi
