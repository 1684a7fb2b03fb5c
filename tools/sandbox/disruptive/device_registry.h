// The devices of the emulated Disruptive Technologies API.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DEVICE_REGISTRY_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DEVICE_REGISTRY_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/array.hpp"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

// What was last reported of one type.
struct Report {
  absl::Time time;
  std::string data;  // JSON of the inner object
  std::string event_id;
};

struct Device {
  std::string id;
  std::string project;
  std::string type;
  std::string product_number;
  std::map<std::string, std::string> labels;
  std::map<std::string, Report, std::less<>> reported;
  absl::Time last_event = absl::InfinitePast();

  // "projects/<project>/devices/<id>"
  std::string Name() const;
  std::string ToJson() const;
};

// A label that a device must have: "key" or "key=" for any value, "key=value"
// for this one. The first '=' separates, so values may contain it.
struct LabelFilter {
  std::string key;
  std::optional<std::string> value;

  static LabelFilter Parse(std::string_view text);
  bool Matches(const Device& device) const;
};

// Which devices, as the list and the stream take it. Kinds of filters are
// ANDed, values of one kind are ORed; labels as told.
struct DeviceFilter {
  absl::flat_hash_set<std::string> ids;
  absl::flat_hash_set<std::string> types;
  absl::flat_hash_set<std::string> product_numbers;
  std::vector<LabelFilter> labels;
  bool any_label = false;  // one of `labels` is enough

  static DeviceFilter FromQuery(const DisruptiveQuery& query, bool any_label);
  bool Matches(const Device& device) const;
};

// A change of labels, as the event labelsChanged tells it.
struct LabelChange {
  std::map<std::string, std::string> added;
  std::map<std::string, std::string> modified;
  std::vector<std::string> removed;

  bool empty() const {
    return added.empty() && modified.empty() && removed.empty();
  }
  std::string ToJson() const;
};

// Changes the labels of `device`; returns what is different.
LabelChange ChangeLabels(Device& device,
                         const std::map<std::string, std::string>& set,
                         const std::vector<std::string>& remove);

// All devices of all projects. Not thread-safe.
class DeviceRegistry {
 public:
  // Takes a device; its id is new. The pointer lives until Remove().
  Device* Add(Device device);
  bool Remove(std::string_view id);

  // Null: no such device, or not in `project` ("-": any).
  Device* Find(std::string_view project, std::string_view id);

  // GET .../devices: {"devices": [...], "nextPageToken": "..."}. Parameters:
  // the filters of DeviceFilter (all labels must match, or any; see
  // set_any_label), query, order_by, projects, page_size (at most 100),
  // page_token.
  absl::StatusOr<std::string> List(std::string_view project,
                                   const DisruptiveQuery& query) const;

  // One of several label filters is enough in List(); the vendor's client says
  // "both".
  void set_any_label(bool any) { any_label_ = any; }

  // In order of creation.
  const std::vector<std::unique_ptr<Device>>& devices() const {
    return devices_;
  }

 private:
  std::vector<const Device*> Select(std::string_view project,
                                    const DisruptiveQuery& query) const;

  bool any_label_ = false;
  std::vector<std::unique_ptr<Device>> devices_;
  absl::flat_hash_map<std::string, Device*> by_id_;
};

// The device "projects/P/devices/D" of a request about many. Null: there is
// none, and why is put behind `errors`:
// {"device": name, "status": {"code": ..., "message": ...}}.
Device* FindNamedDevice(DeviceRegistry& registry, const std::string& name,
                        boost::json::array* errors);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DEVICE_REGISTRY_H_
