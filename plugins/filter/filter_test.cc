#include "plugins/filter/filter.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::filter {
namespace {

// Ids of the events that were passed on.
class PassedIds final : public TransformOutput {
 public:
  void Pass(const EventView& event) override { ids.emplace_back(event.id()); }
  void Emit(const EventFields&) override { FAIL() << "nothing is changed"; }

  std::vector<std::string> ids;
};

class FilterTest : public ::testing::Test {
 protected:
  // Which of a warm reading, a cold reading and a touch go through.
  std::vector<std::string> Passed(const v1::FilterConfig& config) {
    auto filter = Filter::Create(config);
    EXPECT_TRUE(filter.ok()) << filter.status();
    PassedIds output;
    Apply(**filter, "warm", R"({"temperature":{"value":30}})", output);
    Apply(**filter, "cold", R"({"temperature":{"value":3}})", output);
    Apply(**filter, "touch", R"({"touch":{}})", output);
    Apply(**filter, "text", "no JSON", output);
    return output.ids;
  }

  void Apply(Transform& filter, std::string_view id, std::string_view data,
             TransformOutput& output) {
    event::v1::Event event;
    event.set_id(std::string(id));
    event.set_data(std::string(data));
    const std::string wire = event.SerializeAsString();
    EXPECT_TRUE(filter.Apply(*EventView::Parse(wire), output).ok());
  }

  v1::FilterConfig config_;
};

using Ids = std::vector<std::string>;

TEST_F(FilterTest, KeepsWhatKeepIfIsTrueOf) {
  config_.set_keep_if("data.temperature.value > 25");
  EXPECT_EQ(Passed(config_), (Ids{"warm"}));
}

TEST_F(FilterTest, DropsWhatDropIfIsTrueOf) {
  config_.set_drop_if("exists(data.touch)");
  EXPECT_EQ(Passed(config_), (Ids{"warm", "cold", "text"}));
}

TEST_F(FilterTest, AppliesBoth) {
  config_.set_keep_if("exists(data.temperature)");
  config_.set_drop_if("data.temperature.value < 5");
  EXPECT_EQ(Passed(config_), (Ids{"warm"}));
}

TEST_F(FilterTest, WantsACondition) {
  const absl::Status status = Filter::Create(config_).status();
  EXPECT_EQ(ConfigErrorField(status), "keep_if");
  EXPECT_EQ(status.message(), "a condition is needed in keep_if or drop_if");
}

TEST_F(FilterTest, NamesTheFieldAndColumnOfAMistake) {
  config_.set_keep_if("true");
  config_.set_drop_if("type == ");
  const absl::Status status = Filter::Create(config_).status();
  EXPECT_EQ(ConfigErrorField(status), "drop_if");
  EXPECT_TRUE(std::string(status.message()).starts_with("column 9: "));
}

}  // namespace
}  // namespace sluice::filter
