// Organizations, members, roles, service accounts, keys and claims of the
// emulated Disruptive Technologies API.
//
// Paths: python-client 1.7.3, disruptive/resources.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_ADMINISTRATION_H_
#define TOOLS_SANDBOX_DISRUPTIVE_ADMINISTRATION_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "tools/sandbox/disruptive/account_registry.h"
#include "tools/sandbox/disruptive/claim_desk.h"
#include "tools/sandbox/disruptive/device_registry.h"
#include "tools/sandbox/disruptive/disruptive_http.h"
#include "tools/sandbox/disruptive/member_registry.h"
#include "tools/sandbox/disruptive/project_registry.h"

namespace sluice::sandbox {

// One organization. Whoever is let in may do everything. Not thread-safe.
class Administration {
 public:
  struct Parts {
    // Both outlive it.
    ProjectRegistry* projects = nullptr;
    DeviceRegistry* devices = nullptr;
    std::function<absl::Time()> now;
    std::function<std::string()> new_id;
  };
  explicit Administration(Parts parts);

  // A JSON body, or the error to answer.
  using Answer = absl::StatusOr<std::string>;

  struct Call {
    const HttpServerRequest& request;
    const DisruptivePath& path;  // without /v2
    const DisruptiveQuery& query;
  };
  // Nullopt: the path belongs to somebody else.
  std::optional<Answer> Handle(const Call& call);

  // An account that is there from the start, with every right on its project
  // and the organization.
  void AddFirstAccount(ServiceAccount account);
  // Forgets the members and service accounts of a project.
  void ForgetProject(std::string_view project);

  AccountRegistry& accounts() { return accounts_; }
  ClaimDesk& claim_desk() { return claim_desk_; }

 private:
  // Names of the organization and of a project: "organizations/<id>".
  std::string organization() const { return parts_.projects->organization(); }

  Answer Organizations(const Call& call);
  Answer Roles(const Call& call);
  std::optional<Answer> OfProject(const Call& call);

  // What stands behind "<owner>/members".
  Answer Members(const Call& call, const std::string& owner);
  Answer AddMember(const Call& call, const std::string& owner);
  Answer OneMember(const Call& call, Member& member);

  // What stands behind "projects/<id>/serviceaccounts".
  Answer Accounts(const Call& call, const std::string& project);
  Answer OneAccount(const Call& call, ServiceAccount& account);
  Answer Keys(const Call& call, ServiceAccount& account);
  Answer OneKey(const Call& call, ServiceAccount& account, std::string_view id);

  const Parts parts_;
  AccountRegistry accounts_;
  MemberRegistry members_;
  ClaimDesk claim_desk_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_ADMINISTRATION_H_
