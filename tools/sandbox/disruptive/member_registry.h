// Who has which roles in the projects and the organization of the emulated
// Disruptive Technologies API.
//
// Shapes: python-client 1.7.3, disruptive/outputs.py (Member) and
// tests/api_responses.py.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_MEMBER_REGISTRY_H_
#define TOOLS_SANDBOX_DISRUPTIVE_MEMBER_REGISTRY_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

struct Member {
  std::string id;
  std::string owner;  // "projects/<id>" or "organizations/<id>"
  std::string display_name;
  std::string email;
  std::vector<std::string> roles;  // "roles/project.user"
  // A service account, which is in at once; a user is until then invited.
  bool is_account = false;
  absl::Time created;

  // "<owner>/members/<id>"
  std::string Name() const;
  std::string ToJson() const;
};

// The roles that `fields` gives, each of which exists and is one of a project
// or of an organization, as `owner` is.
//   kInvalidArgument names what is wrong.
absl::StatusOr<std::vector<std::string>> RolesOf(
    const boost::json::object& fields, std::string_view owner);

// All of all projects and organizations. Not thread-safe.
class MemberRegistry {
 public:
  // The pointer lives until Remove().
  //   kAlreadyExists: the owner has a member with this address.
  absl::StatusOr<Member*> Add(Member member);
  void Remove(std::string_view owner, std::string_view id);
  // Everybody of it, or every membership of the account.
  void RemoveAllOf(std::string_view owner);
  void RemoveAccount(std::string_view id);

  // Null: no such member.
  Member* Find(std::string_view owner, std::string_view id);

  // GET: {"members": [...], "nextPageToken": "..."}.
  absl::StatusOr<std::string> List(std::string_view owner,
                                   const DisruptiveQuery& query) const;

 private:
  std::vector<std::unique_ptr<Member>> members_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_MEMBER_REGISTRY_H_
