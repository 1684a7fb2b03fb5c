#include "pipeline/abi/host/component_record.h"

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::abi {
namespace {

// A plugin that is wrong is often wrong with every event.
constexpr absl::Duration kBetweenComplaints = absl::Seconds(10);

struct Table {
  absl::Mutex mu;
  SluiceComponent last ABSL_GUARDED_BY(mu) = 0;
  absl::flat_hash_map<SluiceComponent, std::shared_ptr<ComponentHost::Record>>
      components ABSL_GUARDED_BY(mu);
};

// Never destroyed: threads of a library may outlive everything.
Table& Components() {
  static Table* const table = new Table;
  return *table;
}

}  // namespace

ComponentHost::Record::Record(const ComponentContext& context,
                              std::string plugin, Owner* owner)
    : context_(context),
      plugin_(std::move(plugin)),
      owner_(owner),
      http_(std::make_unique<HttpCalls>(context.http)),
      faults_(context.metrics->counter(
          "plugin_faults_total", context.metric_labels(),
          "Times that the plugin did what it must not.")) {}

std::string ComponentHost::Record::FullName() const {
  return absl::StrCat(context_.pipeline, ".", context_.name);
}

void ComponentHost::Record::Complain(std::string_view what) {
  faults_->Add();
  const absl::Duration now = context_.executor->MonotonicNow();
  uint64_t unsaid = 0;
  {
    absl::MutexLock lock(&mu_);
    if (now < next_complaint_) {
      ++unsaid_complaints_;
      return;
    }
    next_complaint_ = now + kBetweenComplaints;
    unsaid = std::exchange(unsaid_complaints_, 0);
  }
  LOG(WARNING) << FullName() << ": " << plugin_ << " " << what
               << (unsaid == 0 ? ""
                               : absl::StrCat(" (and ", unsaid,
                                              " faults before this one)"));
}

uint32_t ComponentHost::Record::AddMetric(OpenMetric metric) {
  absl::MutexLock lock(&mu_);
  for (size_t i = 0; i < metrics_.size(); ++i) {
    if (metrics_[i] == metric) return static_cast<uint32_t>(i + 1);
  }
  if (metrics_.size() == kMaxMetrics) return 0;
  metrics_.push_back(metric);
  return static_cast<uint32_t>(metrics_.size());
}

bool ComponentHost::Record::Pin() {
  absl::MutexLock lock(&mu_);
  if (closed_) return false;
  ++pins_;
  return true;
}

void ComponentHost::Record::Unpin() {
  absl::MutexLock lock(&mu_);
  --pins_;
}

void ComponentHost::Record::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
  mu_.Await(absl::Condition(
      +[](int* pins) { return *pins == 0; }, &pins_));
}

SluiceComponent OpenHandle(std::shared_ptr<ComponentHost::Record> record) {
  Table& table = Components();
  absl::MutexLock lock(&table.mu);
  table.components.emplace(++table.last, std::move(record));
  return table.last;
}

void CloseHandle(SluiceComponent handle) {
  std::shared_ptr<ComponentHost::Record> record;
  {
    Table& table = Components();
    absl::MutexLock lock(&table.mu);
    const auto found = table.components.find(handle);
    record = std::move(found->second);
    table.components.erase(found);
  }
  record->Close();
}

std::shared_ptr<ComponentHost::Record> FindComponent(SluiceComponent handle) {
  Table& table = Components();
  absl::ReaderMutexLock lock(&table.mu);
  const auto found = table.components.find(handle);
  return found == table.components.end() ? nullptr : found->second;
}

PinnedComponent::PinnedComponent(SluiceComponent handle)
    : record_(FindComponent(handle)) {
  if (record_ != nullptr && !record_->Pin()) record_ = nullptr;
}

PinnedComponent::~PinnedComponent() {
  if (record_ != nullptr) record_->Unpin();
}

}  // namespace sluice::abi
