#include "tools/bench/bench_events.h"

#include <array>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/rfc3339.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kDevices = 5000;
constexpr uint64_t kProjects = 8;
constexpr size_t kPreparedBatches = kPreparedLines / kPreparedBatchEvents;
// 2026-02-03T04:00:00Z, in seconds.
constexpr int64_t kFirstSecond = 1'770'091'200;
constexpr std::string_view kTypes[] = {"temperature", "humidity", "touch",
                                       "objectPresent"};

// The finalizer of SplitMix64: numbers that look random, the same everywhere.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// An id of 20 characters such as the device cloud gives.
std::string MakeId(uint64_t number) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuv0123456789";
  std::string id;
  uint64_t bits = Mix(number);
  for (int i = 0; i < 20; ++i) {
    if (i == 12) bits = Mix(bits);
    id.push_back(kLetters[bits % kLetters.size()]);
    bits /= kLetters.size();
  }
  return id;
}

std::string MakeData(std::string_view type, uint64_t random,
                     const std::string& time) {
  const double temperature = static_cast<double>(random % 6000) / 100 - 20;
  const double humidity = static_cast<double>(random / 6000 % 1000) / 10;
  if (type == "temperature") {
    return absl::StrFormat(
        R"({"temperature":{"value":%.2f,"updateTime":"%s"}})", temperature,
        time);
  }
  if (type == "humidity") {
    return absl::StrFormat(
        R"({"humidity":{"temperature":%.2f,"relativeHumidity":%.1f,)"
        R"("updateTime":"%s"}})",
        temperature, humidity, time);
  }
  if (type == "touch") {
    return absl::StrFormat(R"({"touch":{"updateTime":"%s"}})", time);
  }
  return absl::StrFormat(
      R"({"objectPresent":{"state":"%s","updateTime":"%s"}})",
      random % 2 == 0 ? "PRESENT" : "NOT_PRESENT", time);
}

// One event takes its strings from here while it is written.
void AddEvent(uint64_t number, EventBatchBuilder* builder) {
  const uint64_t random = Mix(number);
  const uint64_t device = random % kDevices;
  const std::string_view type = kTypes[Mix(device) % std::size(kTypes)];
  const std::string id = MakeId(number);
  const std::string source = absl::StrCat("//cloud.devices.example/projects/",
                                          MakeId(device % kProjects));
  const std::string subject = absl::StrCat("devices/", MakeId(~device));
  const int64_t second = static_cast<int64_t>(number / 1000 % 3600);
  const std::string time =
      absl::StrFormat("2026-02-03T04:%02d:%02d.%06dZ", second / 60, second % 60,
                      random % 1'000'000);
  const std::string data = MakeData(type, random, time);
  const std::string name =
      absl::StrCat("Freezer ", device % 900 + 100, ", second shelf, left side");
  const std::string site =
      absl::StrCat("store-", device % 90 + 10, "/", MakeId(device << 1));
  const std::array<LabelView, 2> labels = {LabelView{"name", name},
                                           LabelView{"site", site}};
  EventFields fields;
  fields.id = id;
  fields.source = source;
  fields.type = type;
  fields.subject = subject;
  fields.datacontenttype = "application/json";
  fields.data = data;
  fields.time_unix_nanos = (kFirstSecond + second) * 1'000'000'000 +
                           static_cast<int64_t>(random % 1'000'000 * 1000);
  fields.ingest_time_unix_nanos = fields.time_unix_nanos + 123'456'789;
  fields.labels = labels;
  builder->Add(fields);
}

void AppendMember(std::string_view name, std::string_view value,
                  std::string* out) {
  out->append(out->back() == '{' ? "\"" : ",\"");
  out->append(name).append("\":\"").append(value).push_back('"');
}

void AppendLine(const EventView& event, std::string* out) {
  out->push_back('{');
  AppendMember("eventId", event.id(), out);
  AppendMember("targetName", event.subject(), out);
  AppendMember("eventType", event.type(), out);
  out->append(",\"data\":").append(event.data());
  std::string time;
  AppendRfc3339(event.time_unix_nanos(), &time);
  AppendMember("timestamp", time, out);
  out->append(",\"labels\":{");
  event.ForEachLabel([out](const LabelView& label) {
    AppendMember(label.key, label.value, out);
  });
  out->append("}}\n");
}

}  // namespace

EventBatchPtr MakeBenchBatch(uint64_t first, size_t count) {
  EventBatchBuilder builder;
  builder.Reserve(count, count * 350);
  for (uint64_t i = first; i < first + count; ++i) AddEvent(i, &builder);
  return builder.Build();
}

const std::vector<EventBatchPtr>& PreparedBatches() {
  static const auto* const batches = [] {
    auto* made = new std::vector<EventBatchPtr>;
    for (size_t i = 0; i < kPreparedBatches; ++i) {
      made->push_back(
          MakeBenchBatch(i * kPreparedBatchEvents, kPreparedBatchEvents));
    }
    return made;
  }();
  return *batches;
}

EventBatchPtr BatchCycle::Next() {
  if (left_ == 0) return nullptr;
  const std::vector<EventBatchPtr>& prepared = PreparedBatches();
  if (left_ < kPreparedBatchEvents) {
    const EventBatchPtr last = MakeBenchBatch(0, left_);
    left_ = 0;
    return last;
  }
  left_ -= kPreparedBatchEvents;
  return prepared[next_++ % prepared.size()];
}

std::string PreparedLines() {
  std::string lines;
  for (const EventBatchPtr& batch : PreparedBatches()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      AppendLine(batch->event(i), &lines);
    }
  }
  return lines;
}

double PreparedEventBytes() {
  size_t bytes = 0;
  for (const EventBatchPtr& batch : PreparedBatches()) {
    bytes += batch->wire().size();
  }
  return static_cast<double>(bytes) /
         static_cast<double>(PreparedBatches().size() * kPreparedBatchEvents);
}

}  // namespace sluice::bench
