// The event stream of the emulated device cloud, for the conformance kit: what
// its devices said before the source began.
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "storage/base/rfc3339.h"
#include "tests/kit/source_fixture.h"
#include "tools/sandbox/sandbox.h"

namespace sluice {
namespace {

namespace json = boost::json;

constexpr size_t kDevices = 10;

// $0 project, $1 key id, $2 email, $3 API, $4 token endpoint. One device is
// read after the other, slowly enough for checkpoints in between.
constexpr char kConfig[] = R"(disruptive:
  project: $0
  credentials: {key_id: $1, secret: {env: CONFORMANCE_KEY_SECRET}, email: $2}
  base_url: $3
  token_url: $4
  stream: {ping_interval: 1s}
  backfill: {first_start: 1h, settle: 0s, parallel: 1}
  rate: {requests_per_second: 5, burst: 1}
)";

std::unique_ptr<sandbox::Sandbox> StartSandbox() {
  sandbox::SandboxOptions options;
  options.disruptive.devices = kDevices;
  options.disruptive.access.rate_limit = 0;
  options.disruptive.cloud.history.indexing_delay = absl::ZeroDuration();
  auto sandbox = sandbox::Sandbox::Start(std::move(options));
  CHECK(sandbox.ok()) << sandbox.status();
  return *std::move(sandbox);
}

class DisruptiveFixture final : public kit::SourceFixture {
 public:
  DisruptiveFixture() {
    setenv("CONFORMANCE_KEY_SECRET", Of("secret").c_str(), 1);
  }

  // Of each device some, so that the order of devices and that of times are
  // one.
  std::vector<std::string> Provide(size_t count) override {
    const auto& devices = sandbox_->disruptive().fleet().devices();
    const absl::Time first = absl::Now() - absl::Minutes(10);
    for (size_t i = 0; i < count; ++i) {
      const std::string event = absl::Substitute(
          R"({"device":"$0","type":"touch","data":{"number":$1},"time":"$2"})",
          devices[i * kDevices / count].id, i,
          Rfc3339Micros(first + i * absl::Seconds(1)));
      const auto published =
          sandbox_->Control("POST", "/disruptive/events", event);
      CHECK(published.ok()) << published.status();
    }
    // Nothing of it has arrived anywhere.
    return sandbox_->ledger().Report(count).destinations.at(0).missing_ids;
  }
  std::string Config() override {
    return absl::Substitute(kConfig, Of("project"), Of("key_id"), Of("email"),
                            Of("base_url"), Of("token_url"));
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    const auto with = [](const char* fields) {
      return absl::StrCat(
          "disruptive: {project: p, credentials: {key_id: k, secret: {env: "
          "CONFORMANCE_KEY_SECRET}, email: e}, ",
          fields, "}");
    };
    return {{"disruptive: {}", "project"},
            {"disruptive: {project: p}", "credentials"},
            {with("device_types: [toaster]"), "device_types[0]"},
            {with("stream: {ping_interval: 1ms}"), "stream.ping_interval"},
            {with("base_url: nowhere"), "base_url"}};
  }
  std::string Secret() override { return Of("secret"); }

 private:
  std::string Of(const char* name) const {
    return std::string(ready_.at("disruptive").at(name).as_string());
  }

  const std::unique_ptr<sandbox::Sandbox> sandbox_ = StartSandbox();
  const json::value ready_ = json::parse(sandbox_->ReadyJson());
};

}  // namespace
}  // namespace sluice

SLUICE_SOURCE_FIXTURE(sluice::DisruptiveFixture);
