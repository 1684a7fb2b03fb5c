#include "tests/kit/kit_events.h"

#include <cstdint>

#include "absl/strings/str_cat.h"

namespace sluice::kit {
namespace {

constexpr int64_t kFirstTimeNanos = 1'700'000'000'000'000'000;
constexpr int64_t kSecond = 1'000'000'000;

void AddLabel(const char* key, std::string value, event::v1::Event& event) {
  event::v1::Label& label = *event.add_labels();
  label.set_key(key);
  label.set_value(std::move(value));
}

event::v1::Event MakeEvent(size_t number, size_t subject) {
  event::v1::Event event;
  event.set_id(absl::StrCat("kit-", number));
  event.set_source("//kit");
  event.set_type("temperature");
  event.set_subject(absl::StrCat("device-", subject));
  event.set_time_unix_nanos(kFirstTimeNanos +
                            static_cast<int64_t>(number) * kSecond);
  event.set_ingest_time_unix_nanos(event.time_unix_nanos() + kSecond / 10);
  event.set_datacontenttype("application/json");
  event.set_data(
      absl::StrCat("{\"temperature\":{\"value\":", 20 + number % 10, ".5}}"));
  AddLabel("room", absl::StrCat("room-", subject), event);
  return event;
}

}  // namespace

Events MakeEvents(size_t first, size_t count, size_t subjects) {
  Events events;
  for (size_t i = first; i < first + count; ++i) {
    events.push_back(MakeEvent(i, i % subjects));
  }
  return events;
}

std::vector<std::string> IdsOf(const Events& events) {
  std::vector<std::string> ids;
  for (const event::v1::Event& event : events) ids.push_back(event.id());
  return ids;
}

}  // namespace sluice::kit
