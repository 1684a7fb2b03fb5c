#include "tests/kit/component_home.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "glog/logging.h"

namespace sluice::kit {
namespace {

constexpr absl::Duration kBlockedFor = absl::Minutes(2);
constexpr size_t kMaxListed = 12;

// What must not be destroyed; reachable, so no leak.
struct LeftBehind {
  std::vector<std::shared_ptr<void>> components;
  std::shared_ptr<void> parts;
};

std::vector<LeftBehind>& AllLeftBehind() {
  static auto* const all = new std::vector<LeftBehind>();
  return *all;
}

}  // namespace

class ComponentHome::Ear final : public HealthReporter {
 public:
  void Report(Health health) override {
    absl::MutexLock lock(&mu_);
    reports_.push_back(std::move(health));
  }
  std::vector<Health> reports() const {
    absl::MutexLock lock(&mu_);
    return reports_;
  }

 private:
  mutable absl::Mutex mu_;
  std::vector<Health> reports_;
};

ComponentHome::ComponentHome()
    : ear_(std::make_unique<Ear>()),
      metrics_(std::make_unique<MetricRegistry>()),
      loop_(HttpLoop::Create({.name = "kit"})) {
  context_.name = "kit";
  context_.pipeline = "kit";
  context_.executor = loop_.get();
  context_.http = loop_.get();
  context_.health = ear_.get();
  context_.metrics = metrics_.get();
  context_.random = &random_;
}

ComponentHome::~ComponentHome() {
  loop_->Stop();
  if (left_behind_.empty()) return;
  struct Parts {
    std::unique_ptr<Ear> ear;
    std::unique_ptr<MetricRegistry> metrics;
    std::unique_ptr<HttpLoop> loop;
  };
  auto parts = std::make_shared<Parts>(
      Parts{std::move(ear_), std::move(metrics_), std::move(loop_)});
  AllLeftBehind().push_back({std::move(left_behind_), std::move(parts)});
}

void ComponentHome::Run(absl::AnyInvocable<void()> task) {
  absl::Notification ran;
  loop_->Post([&] {
    std::move(task)();
    ran.Notify();
  });
  CHECK(ran.WaitForNotificationWithTimeout(kBlockedFor))
      << "the plugin blocks its executor: one of its methods or callbacks does "
         "not return";
}

std::vector<Health> ComponentHome::reports() const { return ear_->reports(); }

std::string Listed(const std::vector<std::string>& ids) {
  std::string text = absl::StrCat(ids.size(), " events (");
  for (size_t i = 0; i < ids.size() && i < kMaxListed; ++i) {
    absl::StrAppend(&text, i > 0 ? ", " : "", ids[i]);
  }
  return absl::StrCat(text, ids.size() > kMaxListed ? ", ..." : "", ")");
}

}  // namespace sluice::kit
