#include "tools/sandbox/disruptive/device_registry.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/device_events.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

void AppendLabels(const std::map<std::string, std::string>& labels,
                  std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : labels) {
    if (!std::exchange(first, false)) out += ',';
    AppendJsonLineString(key, &out);
    out += ':';
    AppendJsonLineString(value, &out);
  }
  out += '}';
}

// One number or text of a device's JSON, by the dot notation of order_by.
json::value FieldOf(const Device& device, std::string_view path) {
  json::value value = json::parse(device.ToJson());
  for (absl::string_view part : absl::StrSplit(ToAbsl(path), '.')) {
    const json::value* next =
        value.is_object() ? value.get_object().if_contains(
                                std::string_view(part.data(), part.size()))
                          : nullptr;
    if (next == nullptr) return nullptr;
    json::value copy = *next;
    value = std::move(copy);
  }
  return value;
}

bool Less(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) {
    return a.to_number<double>() < b.to_number<double>();
  }
  if (a.is_string() && b.is_string()) return a.get_string() < b.get_string();
  return false;
}

// Devices that lack the field come last, either way.
void Sort(std::string_view order_by, std::vector<const Device*>& devices) {
  const bool descending = order_by.starts_with('-');
  if (descending) order_by.remove_prefix(1);
  std::vector<std::pair<json::value, const Device*>> keyed;
  keyed.reserve(devices.size());
  for (const Device* device : devices) {
    keyed.emplace_back(FieldOf(*device, order_by), device);
  }
  std::stable_sort(
      keyed.begin(), keyed.end(), [descending](const auto& a, const auto& b) {
        if (a.first.is_null() || b.first.is_null()) {
          return !a.first.is_null() && b.first.is_null();
        }
        return descending ? Less(b.first, a.first) : Less(a.first, b.first);
      });
  for (size_t i = 0; i < devices.size(); ++i) devices[i] = keyed[i].second;
}

bool ContainsKeyword(const Device& device, std::string_view keyword) {
  const std::string wanted = absl::AsciiStrToLower(ToAbsl(keyword));
  const auto contains = [&wanted](const std::string& text) {
    return absl::StrContains(absl::AsciiStrToLower(text), wanted);
  };
  if (contains(device.id) || contains(device.type)) return true;
  for (const auto& [key, value] : device.labels) {
    if (contains(key) || contains(value)) return true;
  }
  return false;
}

absl::flat_hash_set<std::string> SetOf(std::vector<std::string> values) {
  return {values.begin(), values.end()};
}

}  // namespace

std::string Device::Name() const {
  return absl::StrCat("projects/", project, "/devices/", id);
}

std::string Device::ToJson() const {
  std::string text = R"({"name":)";
  AppendJsonLineString(Name(), &text);
  text += R"(,"type":)";
  AppendJsonLineString(type, &text);
  text += R"(,"productNumber":)";
  AppendJsonLineString(product_number, &text);
  text += R"(,"labels":)";
  AppendLabels(labels, text);
  text += R"(,"reported":{)";
  bool first = true;
  const DeviceType* const device_type = FindDeviceType(type);
  // What it never said is null.
  if (device_type != nullptr) {
    for (std::string_view event_type : device_type->event_types) {
      if (reported.contains(event_type)) continue;
      absl::StrAppend(&text, std::exchange(first, false) ? "\"" : ",\"",
                      ToAbsl(event_type), "\":null");
    }
  }
  for (const auto& [event_type, report] : reported) {
    absl::StrAppend(&text, std::exchange(first, false) ? "\"" : ",\"",
                    event_type, "\":", report.data);
  }
  text += "}}";
  return text;
}

LabelFilter LabelFilter::Parse(std::string_view text) {
  const size_t equals = text.find('=');
  LabelFilter filter{std::string(text.substr(0, equals)), std::nullopt};
  if (equals != std::string_view::npos && equals + 1 < text.size()) {
    filter.value = text.substr(equals + 1);
  }
  return filter;
}

bool LabelFilter::Matches(const Device& device) const {
  const auto label = device.labels.find(key);
  return label != device.labels.end() &&
         (!value.has_value() || label->second == *value);
}

DeviceFilter DeviceFilter::FromQuery(const DisruptiveQuery& query,
                                     bool any_label) {
  DeviceFilter filter;
  filter.ids = SetOf(query.All("device_ids"));
  filter.types = SetOf(query.All("device_types"));
  filter.product_numbers = SetOf(query.All("product_numbers"));
  for (const std::string& text : query.All("label_filters")) {
    filter.labels.push_back(LabelFilter::Parse(text));
  }
  filter.any_label = any_label;
  return filter;
}

bool DeviceFilter::Matches(const Device& device) const {
  if (!ids.empty() && !ids.contains(device.id)) return false;
  if (!types.empty() && !types.contains(device.type)) return false;
  if (!product_numbers.empty() &&
      !product_numbers.contains(device.product_number)) {
    return false;
  }
  if (labels.empty()) return true;
  const auto matches = [&device](const LabelFilter& label) {
    return label.Matches(device);
  };
  return any_label ? std::any_of(labels.begin(), labels.end(), matches)
                   : std::all_of(labels.begin(), labels.end(), matches);
}

std::string LabelChange::ToJson() const {
  std::string text = R"({"added":)";
  AppendLabels(added, text);
  text += R"(,"modified":)";
  AppendLabels(modified, text);
  text += R"(,"removed":[)";
  for (size_t i = 0; i < removed.size(); ++i) {
    if (i > 0) text += ',';
    AppendJsonLineString(removed[i], &text);
  }
  text += "]}";
  return text;
}

LabelChange ChangeLabels(Device& device,
                         const std::map<std::string, std::string>& set,
                         const std::vector<std::string>& remove) {
  LabelChange change;
  for (const auto& [key, value] : set) {
    const auto [label, added] = device.labels.try_emplace(key, value);
    if (added) {
      change.added[key] = value;
    } else if (label->second != value) {
      label->second = value;
      change.modified[key] = value;
    }
  }
  for (const std::string& key : remove) {
    if (device.labels.erase(key) > 0) change.removed.push_back(key);
  }
  return change;
}

Device* DeviceRegistry::Add(Device device) {
  devices_.push_back(std::make_unique<Device>(std::move(device)));
  Device* added = devices_.back().get();
  by_id_[added->id] = added;
  return added;
}

bool DeviceRegistry::Remove(std::string_view id) {
  if (by_id_.erase(ToAbsl(id)) == 0) return false;
  std::erase_if(devices_, [id](const auto& each) { return each->id == id; });
  return true;
}

Device* DeviceRegistry::Find(std::string_view project, std::string_view id) {
  const auto device = by_id_.find(ToAbsl(id));
  if (device == by_id_.end()) return nullptr;
  if (project != "-" && device->second->project != project) return nullptr;
  return device->second;
}

std::vector<const Device*> DeviceRegistry::Select(
    std::string_view project, const DisruptiveQuery& query) const {
  const DeviceFilter filter = DeviceFilter::FromQuery(query, any_label_);
  const absl::flat_hash_set<std::string> projects =
      SetOf(query.All("projects"));
  const std::string keyword = query.One("query").value_or("");
  std::vector<const Device*> selected;
  for (const std::unique_ptr<Device>& device : devices_) {
    if (project != "-" && device->project != project) continue;
    if (!projects.empty() &&
        !projects.contains(absl::StrCat("projects/", device->project))) {
      continue;
    }
    if (!filter.Matches(*device)) continue;
    if (!keyword.empty() && !ContainsKeyword(*device, keyword)) continue;
    selected.push_back(device.get());
  }
  if (const auto order = query.One("order_by")) Sort(*order, selected);
  return selected;
}

absl::StatusOr<std::string> DeviceRegistry::List(
    std::string_view project, const DisruptiveQuery& query) const {
  const std::vector<const Device*> selected = Select(project, query);
  return query.Page("devices", selected.size(),
                    [&](size_t i) { return selected[i]->ToJson(); });
}

Device* FindNamedDevice(DeviceRegistry& registry, const std::string& name,
                        json::array* errors) {
  const auto refuse = [&](std::string_view code, std::string_view message) {
    errors->push_back(json::object{
        {"device", name}, {"status", {{"code", code}, {"message", message}}}});
    return nullptr;
  };
  const DisruptivePath path = DisruptivePath::Parse(name);
  if (path.parts.size() != 4 || path.parts[0] != "projects" ||
      path.parts[2] != "devices") {
    return refuse("INVALID_ARGUMENT", "invalid device name");
  }
  Device* device = registry.Find(path.parts[1], path.parts[3]);
  if (device == nullptr) return refuse("NOT_FOUND", "device not found");
  return device;
}

}  // namespace sluice::sandbox
