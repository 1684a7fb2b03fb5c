#include "tools/demo/pipeline_monitor.h"

#include <csignal>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"

namespace sluice::demo {
namespace {

namespace json = boost::json;

constexpr absl::Duration kReadyLimit = absl::Seconds(30);

uint64_t Number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr) return 0;
  json::error_code error;
  const uint64_t number = value->to_number<uint64_t>(error);
  return error ? 0 : number;
}

std::string Text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_string()
             ? std::string(value->get_string())
             : "";
}

// The objects in the array `name`; none when it is not there.
std::vector<const json::object*> Objects(const json::object& object,
                                         std::string_view name) {
  std::vector<const json::object*> objects;
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return objects;
  for (const json::value& element : value->get_array()) {
    if (element.is_object()) objects.push_back(&element.get_object());
  }
  return objects;
}

SinkProgress ReadSink(const json::object& sink) {
  SinkProgress progress;
  progress.delivered = Number(sink, "delivered");
  progress.waiting = Number(sink, "waiting");
  progress.dead_lettered = Number(sink, "dead_lettered");
  progress.health = Text(sink, "health");
  progress.message = Text(sink, "health_message");
  return progress;
}

}  // namespace

void ProgressReader::BeginRun() {
  absl::MutexLock lock(&mu_);
  ready_ = false;
  progress_.running = true;
}

void ProgressReader::EndRun() {
  absl::MutexLock lock(&mu_);
  progress_.running = false;
  for (const auto& [name, value] : now_) before_[name] += value;
  now_.clear();
}

void ProgressReader::ReadLine(std::string_view line) {
  json::error_code error;
  const json::value value =
      json::parse(json::string_view(line.data(), line.size()), error);
  if (error || !value.is_object()) return;
  const json::object& object = value.get_object();
  absl::MutexLock lock(&mu_);
  if (object.contains("ready")) ready_ = true;
  for (const char* key : {"progress", "ledger"}) {
    const json::value* status = object.if_contains(key);
    if (status != nullptr && status->is_object()) {
      ReadStatus(status->get_object());
    }
  }
}

void ProgressReader::ReadStatus(const json::object& status) {
  now_.clear();
  for (const json::object* metric : Objects(status, "metrics")) {
    now_[Text(*metric, "name")] += Number(*metric, "value");
  }
  auto total = [this](const std::string& name) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return now_[name] + before_[name];
  };
  progress_.backfilled = total("disruptive_backfilled_events_total");
  progress_.reconnects = total("disruptive_reconnects_total");
  progress_.retried = total("sink_retried_events_total");
  progress_.unclosed_gaps = total("disruptive_gaps_unclosed_total");
  progress_.received = progress_.stored = progress_.duplicate = 0;
  progress_.sinks.clear();  // Some may be gone.
  for (const json::object* pipeline : Objects(status, "pipelines")) {
    for (const json::object* source : Objects(*pipeline, "sources")) {
      progress_.received += Number(*source, "received");
      progress_.stored += Number(*source, "stored");
      progress_.duplicate += Number(*source, "duplicate");
      progress_.source_health = Text(*source, "health");
    }
    for (const json::object* sink : Objects(*pipeline, "sinks")) {
      progress_.sinks[Text(*sink, "name")] = ReadSink(*sink);
    }
    if (const json::value* log = pipeline->if_contains("log");
        log != nullptr && log->is_object()) {
      progress_.dead_letters = Number(log->get_object(), "dead_letters");
    }
    progress_.balanced = Objects(*pipeline, "imbalances").empty() &&
                         pipeline->at("balanced").as_bool();
  }
}

PipelineProgress ProgressReader::progress() const {
  absl::MutexLock lock(&mu_);
  return progress_;
}

bool ProgressReader::WaitReady(absl::Duration limit) {
  absl::MutexLock lock(&mu_);
  return mu_.AwaitWithTimeout(absl::Condition(&ready_), limit);
}

PipelineMonitor::PipelineMonitor(Options options)
    : options_(std::move(options)) {}

absl::Status PipelineMonitor::Start() {
  Subprocess::Options options;
  options.program = options_.program;
  options.arguments = {"run",  "--config",       options_.config, "--output",
                       "json", "--status-every", "200ms"};
  options.environment = options_.environment;
  options.stderr_path = options_.log_path;
  options.on_line = [this](std::string_view line) { reader_.ReadLine(line); };
  reader_.BeginRun();
  absl::StatusOr<std::unique_ptr<Subprocess>> process =
      Subprocess::Start(std::move(options));
  if (!process.ok()) return process.status();
  process_ = *std::move(process);
  if (!reader_.WaitReady(kReadyLimit)) {
    return absl::UnavailableError(absl::StrCat(
        "sluice run was not ready within ", absl::FormatDuration(kReadyLimit),
        "; ", options_.log_path, " says why"));
  }
  return absl::OkStatus();
}

void PipelineMonitor::Kill() {
  if (process_ == nullptr) return;
  process_->Signal(SIGKILL);
  process_->Wait();
  process_.reset();
  reader_.EndRun();
}

int PipelineMonitor::Stop() {
  if (process_ == nullptr) return 0;
  process_->Signal(SIGTERM);
  const int code = process_->Wait();
  process_.reset();
  reader_.EndRun();
  return code;
}

}  // namespace sluice::demo
