#include "tools/sandbox/disruptive/account_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

}  // namespace

std::string AccountEmail(std::string_view id, std::string_view project) {
  return absl::StrCat(ToAbsl(id), "@", ToAbsl(project),
                      ".serviceaccount.d21s.com");
}

std::string ServiceAccount::Name() const {
  return absl::StrCat("projects/", project, "/serviceaccounts/", id);
}

std::string ServiceAccount::ToJson() const {
  return JsonText(json::object{{"name", Name()},
                               {"email", email},
                               {"displayName", display_name},
                               {"enableBasicAuth", basic_auth},
                               {"createTime", Rfc3339Micros(created)},
                               {"updateTime", Rfc3339Micros(updated)}});
}

std::string ServiceAccount::KeyToJson(const AccountKey& key) const {
  return JsonText(json::object{{"name", absl::StrCat(Name(), "/keys/", key.id)},
                               {"id", key.id},
                               {"createTime", Rfc3339Micros(key.created)}});
}

ServiceAccount* AccountRegistry::Add(ServiceAccount account) {
  accounts_.push_back(std::make_unique<ServiceAccount>(std::move(account)));
  return accounts_.back().get();
}

absl::StatusOr<ServiceAccount*> AccountRegistry::Create(
    std::string id, std::string project, const json::object& fields,
    absl::Time now) {
  ServiceAccount account;
  account.email = AccountEmail(id, project);
  account.id = std::move(id);
  account.project = std::move(project);
  account.created = now;
  SLUICE_RETURN_IF_ERROR(Update(account, fields, now));
  return Add(std::move(account));
}

absl::Status AccountRegistry::Update(ServiceAccount& account,
                                     const json::object& fields,
                                     absl::Time now) const {
  std::string display_name;
  SLUICE_ASSIGN_OR_RETURN(display_name,
                          TextOf(fields, "displayName", account.display_name));
  bool basic_auth = account.basic_auth;
  if (const json::value* given = fields.if_contains("enableBasicAuth")) {
    if (!given->is_bool()) {
      return absl::InvalidArgumentError(
          "enableBasicAuth must be true or false");
    }
    basic_auth = given->get_bool();
  }
  account.display_name = std::move(display_name);
  account.basic_auth = basic_auth;
  account.updated = now;
  return absl::OkStatus();
}

void AccountRegistry::Remove(std::string_view id) {
  std::erase_if(accounts_,
                [id](const auto& account) { return account->id == id; });
}

void AccountRegistry::RemoveAllOf(std::string_view project) {
  std::erase_if(accounts_, [project](const auto& account) {
    return account->project == project;
  });
}

ServiceAccount* AccountRegistry::Find(std::string_view project,
                                      std::string_view id) {
  for (const auto& account : accounts_) {
    if (account->id == id && account->project == project) return account.get();
  }
  return nullptr;
}

ServiceAccount* AccountRegistry::FindByEmail(std::string_view email) {
  for (const auto& account : accounts_) {
    if (account->email == email) return account.get();
  }
  return nullptr;
}

absl::StatusOr<std::string> AccountRegistry::List(
    std::string_view project, const DisruptiveQuery& query) const {
  std::vector<const ServiceAccount*> listed;
  for (const auto& account : accounts_) {
    if (account->project == project) listed.push_back(account.get());
  }
  return query.Page("serviceAccounts", listed.size(),
                    [&](size_t i) { return listed[i]->ToJson(); });
}

absl::StatusOr<std::string> AccountRegistry::ListKeys(
    const ServiceAccount& account, const DisruptiveQuery& query) {
  return query.Page("keys", account.keys.size(), [&](size_t i) {
    return account.KeyToJson(account.keys[i]);
  });
}

std::optional<AccountRegistry::FoundKey> AccountRegistry::FindKey(
    std::string_view key_id) const {
  for (const auto& account : accounts_) {
    for (const AccountKey& key : account->keys) {
      if (key.id == key_id) return FoundKey{account.get(), &key};
    }
  }
  return std::nullopt;
}

}  // namespace sluice::sandbox
