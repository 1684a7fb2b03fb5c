#include "tools/sandbox/disruptive/claim_desk.h"

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

json::object ToJson(const Device& device, bool is_claimed) {
  return {{"deviceId", device.id},
          {"deviceType", device.type},
          {"productNumber", device.product_number},
          {"isClaimed", is_claimed}};
}

// `id_name`: "deviceId" or "kitId".
json::object Problem(std::string_view id_name, std::string_view id,
                     std::string_view code, std::string_view message) {
  return {{id_name, id}, {"code", code}, {"message", message}};
}

}  // namespace

struct ClaimDesk::Result {
  json::array claimed;
  json::array device_errors;
  json::array kit_errors;
};

absl::StatusOr<std::string> ClaimDesk::Info(std::string_view identifier) const {
  if (const Kit* kit = FindKit(identifier)) {
    json::array devices;
    for (const Device& device : kit->devices) {
      devices.push_back(ToJson(device, IsClaimed(device.id)));
    }
    return JsonText(json::object{{"type", "KIT"},
                                 {"kit",
                                  {{"kitId", kit->id},
                                   {"displayName", kit->display_name},
                                   {"devices", std::move(devices)}}}});
  }
  const Device* device = devices_->Find("-", identifier);
  const bool is_claimed = device != nullptr;
  if (!is_claimed) device = FindUnclaimed(identifier);
  if (device == nullptr) return NoSuch("identifier");
  return JsonText(json::object{{"type", "DEVICE"},
                               {"device", ToJson(*device, is_claimed)}});
}

absl::StatusOr<std::string> ClaimDesk::Claim(std::string_view body,
                                             std::string_view project,
                                             bool dry_run) {
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(body));
  std::vector<std::string> kit_ids;
  SLUICE_ASSIGN_OR_RETURN(kit_ids, TextList(fields, "kitIds"));
  std::vector<std::string> device_ids;
  SLUICE_ASSIGN_OR_RETURN(device_ids, TextList(fields, "deviceIds"));
  Result result;
  for (const std::string& id : kit_ids) {
    const Kit* kit = FindKit(id);
    if (kit == nullptr) {
      result.kit_errors.push_back(
          Problem("kitId", id, "NOT_FOUND", "kit not found"));
      continue;
    }
    for (const Device& device : kit->devices) {
      ClaimOne(device, project, dry_run, result);
    }
  }
  for (const std::string& id : device_ids) {
    const Device* device = devices_->Find("-", id);
    if (device == nullptr) device = FindUnclaimed(id);
    if (device == nullptr) {
      result.device_errors.push_back(
          Problem("deviceId", id, "NOT_FOUND", "device not found"));
      continue;
    }
    ClaimOne(*device, project, dry_run, result);
  }
  return JsonText(json::object{{"claimedDevices", std::move(result.claimed)},
                               {"claimErrors",
                                {{"devices", std::move(result.device_errors)},
                                 {"kits", std::move(result.kit_errors)}}}});
}

void ClaimDesk::ClaimOne(const Device& device, std::string_view project,
                         bool dry_run, Result& result) {
  if (IsClaimed(device.id)) {
    result.device_errors.push_back(Problem(
        "deviceId", device.id, "ALREADY_CLAIMED", "device already claimed"));
    return;
  }
  result.claimed.push_back(ToJson(device, /*is_claimed=*/true));
  if (dry_run) return;
  Device claimed = device;
  claimed.project = project;
  devices_->Add(std::move(claimed));
}

const Kit* ClaimDesk::FindKit(std::string_view id) const {
  for (const Kit& kit : kits_) {
    if (kit.id == id) return &kit;
  }
  return nullptr;
}

const Device* ClaimDesk::FindUnclaimed(std::string_view id) const {
  for (const Kit& kit : kits_) {
    for (const Device& device : kit.devices) {
      if (device.id == id) return &device;
    }
  }
  return nullptr;
}

bool ClaimDesk::IsClaimed(std::string_view id) const {
  return devices_->Find("-", id) != nullptr;
}

}  // namespace sluice::sandbox
