#include <string>
#include <vector>

#include "tests/kit/transform_fixture.h"

namespace sluice::filter {
namespace {

class FilterFixture final : public kit::TransformFixture {
 public:
  std::string Config() override {
    return "filter:\n"
           "  keep_if: \"data.temperature.value > 22\"\n"
           "  drop_if: \"labels.room == 'room-1'\"\n";
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"filter: {}", "keep_if"},
            {"filter: {keep_if: \"type ==\"}", "keep_if"},
            {"filter: {drop_if: \"(\"}", "drop_if"}};
  }
};

}  // namespace
}  // namespace sluice::filter

SLUICE_TRANSFORM_FIXTURE(sluice::filter::FilterFixture);
