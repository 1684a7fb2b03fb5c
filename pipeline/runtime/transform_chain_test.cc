#include "pipeline/runtime/transform_chain.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

class FunctionTransform final : public Transform {
 public:
  using Function =
      std::function<absl::Status(const EventView&, TransformOutput&)>;
  explicit FunctionTransform(Function function)
      : function_(std::move(function)) {}
  absl::Status Apply(const EventView& event, TransformOutput& output) override {
    return function_(event, output);
  }

 private:
  Function function_;
};

TransformChain Chain(std::vector<FunctionTransform::Function> functions) {
  std::vector<std::unique_ptr<Transform>> transforms;
  for (auto& function : functions) {
    transforms.push_back(
        std::make_unique<FunctionTransform>(std::move(function)));
  }
  return TransformChain(std::move(transforms));
}

absl::Status PassOn(const EventView& event, TransformOutput& output) {
  output.Pass(event);
  return absl::OkStatus();
}

absl::Status EmitTwice(const EventView& event, TransformOutput& output) {
  for (const char* suffix : {"-a", "-b"}) {
    const std::string id = std::string(event.id()) + suffix;
    output.Emit({.id = id});
  }
  return absl::OkStatus();
}

std::vector<std::string> Ids(TransformChain& chain, const std::string& id,
                             absl::Status* status) {
  EventBatchBuilder builder;
  builder.Add({.id = id});
  const EventBatchPtr batch = builder.Build();
  std::vector<std::string> ids;
  *status = chain.Apply(batch->event(0), [&](const EventView& event) {
    ids.emplace_back(event.id());
  });
  return ids;
}

using Strings = std::vector<std::string>;

TEST(TransformChainTest, RunsStagesOneBehindTheOther) {
  TransformChain chain = Chain({PassOn, EmitTwice, PassOn, EmitTwice});
  absl::Status status;
  EXPECT_EQ(Ids(chain, "e", &status),
            (Strings{"e-a-a", "e-a-b", "e-b-a", "e-b-b"}));
  EXPECT_TRUE(status.ok());
}

TEST(TransformChainTest, FiltersWhatIsNotPassedOn) {
  TransformChain chain = Chain(
      {[](const EventView&, TransformOutput&) { return absl::OkStatus(); }});
  absl::Status status;
  EXPECT_EQ(Ids(chain, "e", &status), Strings{});
  EXPECT_TRUE(status.ok());
}

TEST(TransformChainTest, TakesBackEverythingWhenALaterStageFails) {
  TransformChain chain =
      Chain({EmitTwice, [](const EventView& event, TransformOutput& output) {
               output.Pass(event);
               if (event.id() == "e-b") return absl::InternalError("no b");
               return absl::OkStatus();
             }});
  absl::Status status;
  EXPECT_EQ(Ids(chain, "e", &status), Strings{});
  EXPECT_EQ(status, absl::InternalError("no b"));
  // The failure concerned that event only.
  EXPECT_EQ(Ids(chain, "f", &status), (Strings{"f-a", "f-b"}));
  EXPECT_TRUE(status.ok());
}

TEST(TransformChainTest, WorksAgainAfterAFailure) {
  bool fail = true;
  TransformChain chain =
      Chain({[&](const EventView& event, TransformOutput& output) {
        output.Pass(event);
        return fail ? absl::InternalError("once") : absl::OkStatus();
      }});
  absl::Status status;
  EXPECT_EQ(Ids(chain, "e", &status), Strings{});
  fail = false;
  EXPECT_EQ(Ids(chain, "e", &status), Strings{"e"});
  EXPECT_TRUE(status.ok());
}

}  // namespace
}  // namespace sluice
