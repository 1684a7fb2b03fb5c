// The service accounts of the emulated Disruptive Technologies API, and their
// keys.
//
// Shapes: python-client 1.7.3, disruptive/resources/service_account.py and
// tests/api_responses.py.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_ACCOUNT_REGISTRY_H_
#define TOOLS_SANDBOX_DISRUPTIVE_ACCOUNT_REGISTRY_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/json/object.hpp"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

struct AccountKey {
  std::string id;
  std::string secret;
  absl::Time created;
};

struct ServiceAccount {
  std::string id;
  std::string project;
  std::string email;
  std::string display_name;
  // Keys may be sent as Basic credentials.
  bool basic_auth = false;
  absl::Time created;
  absl::Time updated;
  std::vector<AccountKey> keys;

  // "projects/<project>/serviceaccounts/<id>"
  std::string Name() const;
  std::string ToJson() const;
  // Without its secret.
  std::string KeyToJson(const AccountKey& key) const;
};

// How the service writes an account's address.
std::string AccountEmail(std::string_view id, std::string_view project);

// All of all projects. Not thread-safe.
class AccountRegistry {
 public:
  // The pointer lives until Remove().
  ServiceAccount* Add(ServiceAccount account);
  // POST: a new account with these fields.
  //   kInvalidArgument names the field that is wrong.
  absl::StatusOr<ServiceAccount*> Create(std::string id, std::string project,
                                         const boost::json::object& fields,
                                         absl::Time now);
  // PATCH: the fields that are given. Nothing changes if one is wrong.
  absl::Status Update(ServiceAccount& account,
                      const boost::json::object& fields, absl::Time now) const;
  void Remove(std::string_view id);
  void RemoveAllOf(std::string_view project);

  // Null: no such account, or not in `project`.
  ServiceAccount* Find(std::string_view project, std::string_view id);
  ServiceAccount* FindByEmail(std::string_view email);

  // GET: {"serviceAccounts": [...], "nextPageToken": "..."}.
  absl::StatusOr<std::string> List(std::string_view project,
                                   const DisruptiveQuery& query) const;
  // GET: {"keys": [...], "nextPageToken": "..."}.
  static absl::StatusOr<std::string> ListKeys(const ServiceAccount& account,
                                              const DisruptiveQuery& query);

  struct FoundKey {
    const ServiceAccount* account = nullptr;
    const AccountKey* key = nullptr;
  };
  // Of any account; nullopt: nobody has such a key.
  std::optional<FoundKey> FindKey(std::string_view key_id) const;

 private:
  std::vector<std::unique_ptr<ServiceAccount>> accounts_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_ACCOUNT_REGISTRY_H_
