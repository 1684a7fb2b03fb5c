#include "pipeline/abi/host/library_transform.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/fake_plugin.h"
#include "storage/event/event_batch.h"

namespace sluice::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class IdsOut final : public TransformOutput {
 public:
  void Pass(const EventView& event) override {
    ids.push_back(std::string(event.id()));
  }
  void Emit(const EventFields&) override { FAIL(); }

  std::vector<std::string> ids;
};

class LibraryTransformTest : public testing::Test {
 protected:
  static EventBatchPtr Batch(std::string_view id) {
    EventBatchBuilder builder;
    builder.Add(EventFields{.id = id});
    return builder.Build();
  }

  absl::Status Apply() {
    const EventBatchPtr batch = Batch("e1");
    return LibraryTransform(plugin_.Make(SLUICE_KIND_TRANSFORM))
        .Apply(batch->event(0), out_);
  }

  FakePlugin plugin_;
  IdsOut out_;
};

TEST_F(LibraryTransformTest, PassesAndEmits) {
  plugin_.on_apply = [](SluiceBytes event, const SluiceTransformOutput& output,
                        const SluiceErrorReceiver&) {
    EXPECT_EQ(EventView::Parse(ToView(event))->id(), "e1");
    output.pass(output.context);
    output.emit(output.context, ToBytes(Batch("e2")->event_wire(0)));
    return SLUICE_OK;
  };
  EXPECT_TRUE(Apply().ok());
  EXPECT_THAT(out_.ids, ElementsAre("e1", "e2"));
  EXPECT_EQ(plugin_.destroyed, 1);
}

TEST_F(LibraryTransformTest, FiltersOut) {
  plugin_.on_apply = [](SluiceBytes, const SluiceTransformOutput&,
                        const SluiceErrorReceiver&) { return SLUICE_OK; };
  EXPECT_TRUE(Apply().ok());
  EXPECT_THAT(out_.ids, IsEmpty());
}

TEST_F(LibraryTransformTest, PassesErrorsOn) {
  plugin_.on_apply = [](SluiceBytes, const SluiceTransformOutput&,
                        const SluiceErrorReceiver& error) {
    error.receive(error.context, {}, ToBytes("no room-number"));
    return SLUICE_INVALID_ARGUMENT;
  };
  EXPECT_EQ(Apply(), absl::InvalidArgumentError("no room-number"));
}

TEST_F(LibraryTransformTest, HasAnErrorForACodeThatThereIsNot) {
  plugin_.on_apply = [](SluiceBytes, const SluiceTransformOutput&,
                        const SluiceErrorReceiver&) { return 4711; };
  EXPECT_EQ(Apply(), absl::UnknownError("it does not say why"));
}

TEST_F(LibraryTransformTest, RefusesWhatIsNoEvent) {
  for (const SluiceBytes& bad : {ToBytes("\x0a\x7f"), SluiceBytes{nullptr, 5},
                                 SluiceBytes{"", (size_t{64} << 20) + 1}}) {
    plugin_.on_apply = [&](SluiceBytes, const SluiceTransformOutput& output,
                           const SluiceErrorReceiver&) {
      output.emit(output.context, bad);
      return SLUICE_OK;
    };
    const absl::Status status = Apply();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("plugin fake of fake.so put out what is no event"));
  }
}

}  // namespace
}  // namespace sluice::abi
