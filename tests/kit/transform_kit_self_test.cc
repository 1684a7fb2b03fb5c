// The kit tried out: a transform that does everything right passes each case,
// and each case finds the transforms that do what it is there to find.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/wrappers.pb.h"
#include "gtest/gtest.h"
#include "tests/kit/findings.h"
#include "tests/kit/transform_cases.h"

namespace sluice::kit {
namespace {

using google::protobuf::StringValue;

// What a transform does wrong.
enum class Fault {
  kNone,
  kTakesBadConfig,
  kDropsEverything,
  kRefusesGoodOnes,
  kRefusesSilently,
  kLosesTheId,
  kPutsOutTwins,
  kPassesAnother,
  kCounts,
  kSharesState,
  kPassesBadOnes,
  kIsUpsetByBadOnes,
};

constexpr char kBad[] = "bad";

struct Wrong {
  bool Is(Fault asked) const { return fault == asked; }
  Fault fault;
  // Of all instances together.
  int applied = 0;
  int made = 0;
};

class RoomFixture final : public TransformFixture {
 public:
  std::string Config() override { return "room: {value: here}"; }
  std::vector<BadConfig> BadConfigs() override {
    return {{"room: {value: ''}", "value"}};
  }
  Events Bad() override {
    Events events = MakeEvents(500, 1, 1);
    events[0].set_type(kBad);
    return events;
  }
};

// Sets the type of each event and passes some on as they are; right in
// everything but its fault.
class RoomTransform final : public Transform {
 public:
  explicit RoomTransform(Wrong* wrong)
      : wrong_(wrong), instance_(wrong->made++) {}

  absl::Status Apply(const EventView& event, TransformOutput& output) override {
    ++wrong_->applied;
    if (event.type() == kBad && !wrong_->Is(Fault::kPassesBadOnes)) {
      if (wrong_->Is(Fault::kIsUpsetByBadOnes)) ++upset_;
      return absl::InvalidArgumentError(
          wrong_->Is(Fault::kRefusesSilently) ? "" : "it is bad");
    }
    if (wrong_->Is(Fault::kRefusesGoodOnes)) {
      return absl::InvalidArgumentError("no");
    }
    if (wrong_->Is(Fault::kDropsEverything)) return absl::OkStatus();
    if (wrong_->Is(Fault::kPassesAnother)) {
      if (last_.id().empty()) last_ = event.ToProto();
      wire_ = last_.SerializeAsString();
      output.Pass(*EventView::Parse(wire_));
      return absl::OkStatus();
    }
    if (event.subject().empty()) {
      output.Pass(event);
      return absl::OkStatus();
    }
    Put(event, output);
    if (wrong_->Is(Fault::kPutsOutTwins)) Put(event, output);
    return absl::OkStatus();
  }

 private:
  void Put(const EventView& event, TransformOutput& output) const {
    std::string type = "room";
    if (wrong_->Is(Fault::kCounts)) absl::StrAppend(&type, instance_);
    if (wrong_->Is(Fault::kSharesState)) absl::StrAppend(&type, wrong_->made);
    if (upset_ > 0) type = "upset";
    EventFields fields;
    if (!wrong_->Is(Fault::kLosesTheId)) fields.id = event.id();
    fields.source = event.source();
    fields.subject = event.subject();
    fields.type = type;
    fields.data = event.data();
    output.Emit(fields);
  }

  Wrong* const wrong_;
  const int instance_;
  int upset_ = 0;
  event::v1::Event last_;
  std::string wire_;
};

RegisterPlugin Registering(Wrong* wrong) {
  return [wrong](PluginRegistry& registry) {
    return registry.AddTransform<StringValue>(
        "room", "a transform for the kit's own tests",
        [wrong](const StringValue& config)
            -> absl::StatusOr<std::unique_ptr<Transform>> {
          if (config.value().empty() && !wrong->Is(Fault::kTakesBadConfig)) {
            return ConfigError("value", "is missing");
          }
          return std::make_unique<RoomTransform>(wrong);
        });
  };
}

absl::Status RunCase(const std::string& name, Wrong* wrong) {
  TransformTrial trial(Registering(wrong), std::make_unique<RoomFixture>());
  return kit::RunCase(TransformCases(), name, trial);
}

TEST(RightTransform, PassesEachCase) {
  for (const TransformCase& kit_case : TransformCases()) {
    Wrong nothing{Fault::kNone};
    const absl::Status status = RunCase(kit_case.name, &nothing);
    EXPECT_TRUE(status.ok()) << kit_case.name << ": " << status;
  }
}

std::vector<Finding<Fault>> Findings() {
  return {
      {Fault::kTakesBadConfig, "NamesTheFieldOfABadConfiguration",
       "should be refused is not"},
      {Fault::kDropsEverything, "LetsEventsThrough", "none comes out"},
      {Fault::kRefusesGoodOnes, "LetsEventsThrough",
       "nothing is wrong with it"},
      {Fault::kLosesTheId, "LetsEventsThrough", "has no id"},
      {Fault::kPutsOutTwins, "LetsEventsThrough", "same source and id"},
      {Fault::kPassesAnother, "PassesEventsOnUnchanged", "another event"},
      {Fault::kCounts, "MakesTheSameOfTheSameEvents", "second instance"},
      {Fault::kSharesState, "LetsInstancesLiveSideBySide",
       "another instance is at work"},
      {Fault::kPassesBadOnes, "RefusesTheEventAlone", "should be refused"},
      {Fault::kRefusesSilently, "RefusesTheEventAlone", "does not say why"},
      {Fault::kIsUpsetByBadOnes, "RefusesTheEventAlone",
       "behind one that was refused"},
  };
}

TEST(WrongTransform, IsFoundByTheCaseThatIsThereForIt) {
  for (const Finding<Fault>& finding : Findings()) {
    Wrong wrong{finding.fault};
    const absl::Status status = RunCase(finding.by, &wrong);
    ExpectFound(finding, status);
  }
}

TEST(WrongTransform, EachCaseFindsSomething) {
  ExpectEachFindsSomething(TransformCases(), Findings());
}

}  // namespace
}  // namespace sluice::kit
