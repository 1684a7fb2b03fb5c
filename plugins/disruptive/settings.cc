#include "plugins/disruptive/settings.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "pipeline/api/config_check.h"
#include "pipeline/http/url.h"
#include "plugins/disruptive/credentials.h"
#include "plugins/disruptive/text.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

// An id that becomes part of a path.
bool IsId(std::string_view id) {
  return !id.empty() && id != "-" && PercentEncode(id) == id;
}

void TakeDevices(const v1::DisruptiveConfig& config, Settings* settings,
                 Problems* problems) {
  for (int i = 0; i < config.device_ids_size(); ++i) {
    if (!IsId(config.device_ids(i))) {
      problems->Add(absl::StrCat("device_ids[", i, "]"),
                    absl::StrCat("\"", config.device_ids(i),
                                 "\" is no device id; it has letters and "
                                 "digits only, without the project"));
    }
    settings->device_ids.push_back(config.device_ids(i));
  }
  for (const auto& [label, match] : config.label_filters()) {
    if (label.empty() || label.find('=') != std::string::npos) {
      problems->Add("label_filters",
                    absl::StrCat("\"", label,
                                 "\" is no label; write label: value, or "
                                 "label: null for any value"));
    }
    settings->label_filters.emplace_back(
        label, match.has_value() ? std::optional<std::string>(match.value())
                                 : std::nullopt);
  }
  std::sort(settings->label_filters.begin(), settings->label_filters.end());
}

template <typename Words>
void TakeTypes(std::string_view field, const Words& given,
               absl::Span<const std::string_view> known,
               std::vector<std::string>* target, Problems* problems) {
  for (int i = 0; i < given.size(); ++i) {
    if (!IsOneOf(given[i], known)) {
      problems->Add(absl::StrCat(ToAbsl(field), "[", i, "]"),
                    absl::StrCat("unknown type \"", given[i], "\"; ",
                                 Suggestion(given[i], known)));
    }
    target->push_back(given[i]);
  }
}

void TakeUrl(std::string_view field, const std::string& given,
             std::string* target, Problems* problems) {
  if (given.empty()) return;
  const size_t scheme = given.starts_with("https://")  ? 8
                        : given.starts_with("http://") ? 7
                                                       : 0;
  if (scheme == 0 || given.size() == scheme || given[scheme] == '/' ||
      given.find_first_of(" ?#", scheme) != std::string::npos) {
    problems->Add(field, absl::StrCat("\"", given,
                                      "\" is no address; it begins with "
                                      "https:// (or http://) and a host"));
    return;
  }
  *target = given;
  while (target->ends_with('/')) target->pop_back();
}

void TakeStream(const v1::Stream& config, Settings* settings,
                Problems* problems) {
  Section section("stream.", problems);
  section.Take("ping_interval", config.has_ping_interval(),
               config.ping_interval(), absl::Seconds(1), absl::Minutes(5),
               &settings->ping_interval);
  section.Take<uint32_t>("missed_pings", config.missed_pings(), 1, 100,
                         &settings->missed_pings);
  section.Take("reconnect_initial", config.has_reconnect_initial(),
               config.reconnect_initial(), absl::Milliseconds(10),
               absl::Hours(1), &settings->reconnect_initial);
  section.Take("reconnect_max", config.has_reconnect_max(),
               config.reconnect_max(), absl::Milliseconds(10), absl::Hours(1),
               &settings->reconnect_max);
  section.Take("max_age", config.has_max_age(), config.max_age(),
               absl::Minutes(1), absl::Hours(24), &settings->max_stream_age);
  if (settings->reconnect_max < settings->reconnect_initial) {
    problems->Add(
        "stream.reconnect_max",
        absl::StrCat(absl::FormatDuration(settings->reconnect_max),
                     " is below reconnect_initial, ",
                     absl::FormatDuration(settings->reconnect_initial)));
  }
}

void TakeBackfill(const v1::Backfill& config, Settings* settings,
                  Problems* problems) {
  Section section("backfill.", problems);
  section.Take("max_age", config.has_max_age(), config.max_age(),
               absl::Minutes(1), absl::Hours(24 * 31),
               &settings->history_max_age);
  section.Take("first_start", config.has_first_start(), config.first_start(),
               absl::ZeroDuration(), settings->history_max_age,
               &settings->first_start);
  section.Take("overlap", config.has_overlap(), config.overlap(),
               absl::ZeroDuration(), absl::Hours(24), &settings->overlap);
  section.Take("settle", config.has_settle(), config.settle(),
               absl::ZeroDuration(), absl::Minutes(10), &settings->settle);
  section.Take<uint32_t>("parallel", config.parallel(), 1, 32,
                         &settings->parallel);
  section.Take<uint64_t>("hold_bytes", config.hold_bytes(), 64 << 10,
                         uint64_t{1} << 40, &settings->hold_bytes);
  settings->all_devices = config.all_devices();
}

void TakeLabels(const v1::Labels& config, Settings* settings,
                Problems* problems) {
  settings->labels = !config.off();
  for (int i = 0; i < config.keys_size(); ++i) {
    if (config.keys(i).empty()) {
      problems->Add(absl::StrCat("labels.keys[", i, "]"), "a label has a key");
    }
    settings->label_keys.push_back(config.keys(i));
  }
  Section section("labels.", problems);
  section.Take("wait", config.has_wait(), config.wait(), absl::ZeroDuration(),
               absl::Minutes(10), &settings->labels_wait);
  section.Take("refresh", config.has_refresh(), config.refresh(),
               absl::Minutes(1), absl::Hours(24), &settings->labels_refresh);
  section.Take<uint64_t>("max_bytes", config.max_bytes(), 64 << 10,
                         uint64_t{1} << 40, &settings->labels_max_bytes);
}

void TakeCredentials(const v1::DisruptiveConfig& config, Settings* settings,
                     Problems* problems) {
  const absl::StatusOr<FoundCredentials> found = FindCredentials(config);
  if (!found.ok()) {
    problems->Add(found.status());
    return;
  }
  settings->key = found->key;
  if (!found->token_url.empty()) settings->token_url = found->token_url;
}

// Where the service is, and how much we may ask of it.
void TakeService(const v1::DisruptiveConfig& config, Settings* settings,
                 Problems* problems) {
  Section rate("rate.", problems);
  rate.Take<double>("requests_per_second", config.rate().requests_per_second(),
                    0.01, 1000, &settings->requests_per_second);
  rate.Take<uint32_t>("burst", config.rate().burst(), 1, 1000,
                      &settings->burst);
  TakeUrl("base_url", config.base_url(), &settings->base_url, problems);
  TakeUrl("emulator_base_url", config.emulator_base_url(),
          &settings->emulator_base_url, problems);
  TakeUrl("token_url", config.token_url(), &settings->token_url, problems);
  settings->ca_file = config.ca_file();
}

}  // namespace

absl::StatusOr<Settings> MakeSettings(const v1::DisruptiveConfig& config) {
  Settings settings;
  Problems problems;
  settings.project = config.project();
  if (config.project().empty()) {
    problems.Add("project", "needed: the id of the project");
  } else if (!IsId(config.project())) {
    problems.Add("project",
                 absl::StrCat("\"", config.project(), "\" is no project id"));
  }
  TakeCredentials(config, &settings, &problems);
  TakeDevices(config, &settings, &problems);
  TakeTypes("device_types", config.device_types(), DeviceTypes(),
            &settings.device_types, &problems);
  TakeTypes("event_types", config.event_types(), EventTypes(),
            &settings.event_types, &problems);
  if (config.format() == v1::SSE) settings.framing = Framing::kServerSentEvents;
  Section section("", &problems);
  section.Take<uint64_t>("max_line_bytes", config.max_line_bytes(), 1 << 10,
                         64 << 20, &settings.max_line_bytes);
  TakeStream(config.stream(), &settings, &problems);
  TakeBackfill(config.backfill(), &settings, &problems);
  TakeLabels(config.labels(), &settings, &problems);
  TakeService(config, &settings, &problems);
  if (absl::Status status = problems.status(); !status.ok()) return status;
  return settings;
}

absl::StatusOr<Settings> MakeClientSettings(
    const v1::DisruptiveConfig& config) {
  Settings settings;
  Problems problems;
  TakeCredentials(config, &settings, &problems);
  TakeService(config, &settings, &problems);
  if (absl::Status status = problems.status(); !status.ok()) return status;
  return settings;
}

}  // namespace sluice::disruptive
