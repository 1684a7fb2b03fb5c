#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/kit/source_fixture.h"

namespace sluice::generate {
namespace {

class GenerateFixture final : public kit::SourceFixture {
 public:
  std::vector<std::string> Provide(size_t count) override {
    count_ = count;
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("8-", i));
    return ids;
  }
  // Large events, so that few of them make an emission.
  std::string Config() override {
    return absl::StrCat("generate:\n  seed: 8\n  devices: 3\n  count: ", count_,
                        "\n  payload_bytes: 100000\n");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"generate: {rate: -1}", "rate"},
            {"generate: {devices: 2000000000}", "devices"},
            {"generate: {payload_bytes: 3}", "payload_bytes"},
            {"generate: {colour: red}", "colour"}};
  }
  bool IsFinite() override { return true; }

 private:
  size_t count_ = 0;
};

}  // namespace
}  // namespace sluice::generate

SLUICE_SOURCE_FIXTURE(sluice::generate::GenerateFixture);
