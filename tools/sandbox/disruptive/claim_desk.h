// Devices that nobody has claimed yet, and claiming them.
//
// Shapes: python-client 1.7.3, disruptive/resources/claim.py and
// disruptive/errors.py.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_CLAIM_DESK_H_
#define TOOLS_SANDBOX_DISRUPTIVE_CLAIM_DESK_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/fwd.hpp"
#include "tools/sandbox/disruptive/device_registry.h"

namespace sluice::sandbox {

// A box as it is sold. Its devices have no project until they are claimed.
struct Kit {
  std::string id;
  std::string display_name;
  std::vector<Device> devices;
};

// Not thread-safe.
class ClaimDesk {
 public:
  // `devices` has those that are claimed, and outlives the desk.
  explicit ClaimDesk(DeviceRegistry* devices) : devices_(devices) {}

  void Add(Kit kit) { kits_.push_back(std::move(kit)); }
  const std::vector<Kit>& kits() const { return kits_; }

  // GET /claimInfo of a device or a kit.
  //   kNotFound: it is neither.
  absl::StatusOr<std::string> Info(std::string_view identifier) const;

  // POST /projects/{p}/devices:claim: {"kitIds": [...], "deviceIds": [...]}.
  // A dry run answers the same and changes nothing.
  //   kInvalidArgument: the body is wrong; names what is.
  absl::StatusOr<std::string> Claim(std::string_view body,
                                    std::string_view project, bool dry_run);

 private:
  struct Result;

  const Kit* FindKit(std::string_view id) const;
  const Device* FindUnclaimed(std::string_view id) const;
  bool IsClaimed(std::string_view id) const;
  void ClaimOne(const Device& device, std::string_view project, bool dry_run,
                Result& result);

  DeviceRegistry* const devices_;
  std::vector<Kit> kits_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_CLAIM_DESK_H_
