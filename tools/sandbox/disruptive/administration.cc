#include "tools/sandbox/disruptive/administration.h"

#include <openssl/sha.h>

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/request_json.h"
#include "tools/sandbox/disruptive/roles.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kSecretBytes = 16;

std::string ProjectName(std::string_view id) {
  return absl::StrCat("projects/", ToAbsl(id));
}

// As the service makes them: 32 hexadecimal digits. The same key gets the same
// secret, so that requests that are said again lead to the same.
std::string SecretOf(const ServiceAccount& account, std::string_view key_id) {
  const std::string seed = absl::StrCat(account.email, "/", ToAbsl(key_id));
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(seed.data()), seed.size(),
         digest);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), kSecretBytes));
}

}  // namespace

Administration::Administration(Parts parts)
    : parts_(std::move(parts)), claim_desk_(parts_.devices) {}

void Administration::AddFirstAccount(ServiceAccount account) {
  const ServiceAccount& added = *accounts_.Add(std::move(account));
  const auto add = [&](std::string owner, const char* role) {
    Member member;
    member.id = added.id;
    member.owner = std::move(owner);
    member.display_name = added.display_name;
    member.email = added.email;
    member.roles = {role};
    member.is_account = true;
    member.created = added.created;
    members_.Add(std::move(member)).IgnoreError();
  };
  add(ProjectName(added.project), kProjectAdmin);
  add(organization(), kOrganizationAdmin);
}

void Administration::ForgetProject(std::string_view project) {
  members_.RemoveAllOf(ProjectName(project));
  accounts_.RemoveAllOf(project);
}

std::optional<Administration::Answer> Administration::Handle(const Call& call) {
  if (call.path.parts.empty()) return std::nullopt;
  if (call.path.parts[0] == "organizations") return Organizations(call);
  if (call.path.parts[0] == "roles") return Roles(call);
  if (call.path.parts[0] == "projects") return OfProject(call);
  if (call.path.parts[0] != "claimInfo" || call.path.parts.size() != 1) {
    return std::nullopt;
  }
  const auto identifier = call.query.One("identifier");
  if (!identifier.has_value()) {
    return absl::InvalidArgumentError("identifier is needed");
  }
  return claim_desk_.Info(*identifier);
}

Administration::Answer Administration::Organizations(const Call& call) {
  const std::vector<std::string>& parts = call.path.parts;
  const bool get = call.request.method == "GET";
  const auto to_json = [this](size_t = 0) {
    return JsonText(json::object{{"name", organization()},
                                 {"displayName", kOrganizationName}});
  };
  if (parts.size() == 1 && get) {
    return call.query.Page("organizations", 1, to_json);
  }
  if (parts.size() == 1) return NoSuch("path");
  if (absl::StrCat("organizations/", parts[1]) != organization()) {
    return NoSuch("organization");
  }
  if (parts.size() == 2 && get) return to_json();
  if (parts.size() == 3 && get && parts[2] == "permissions") {
    return ListPermissions(*FindRole(kOrganizationAdmin), call.query);
  }
  if (parts.size() > 2 && parts[2] == "members") {
    return Members(call, organization());
  }
  return NoSuch("path");
}

Administration::Answer Administration::Roles(const Call& call) {
  if (call.request.method != "GET" || call.path.parts.size() > 2)
    return NoSuch("path");
  if (call.path.parts.size() == 1) return ListRoles(call.query);
  const Role* role = FindRole(absl::StrCat("roles/", call.path.parts[1]));
  if (role == nullptr) return NoSuch("role");
  return role->ToJson();
}

std::optional<Administration::Answer> Administration::OfProject(
    const Call& call) {
  const std::vector<std::string>& parts = call.path.parts;
  if (parts.size() < 3) return std::nullopt;
  const bool claims = parts[2] == "devices" && call.path.verb == "claim";
  const bool permissions = parts[2] == "permissions";
  const bool members = parts[2] == "members";
  if (!claims && !permissions && !members && parts[2] != "serviceaccounts") {
    return std::nullopt;
  }
  if (parts_.projects->Find(parts[1]) == nullptr) return NoSuch("project");
  if (members) return Members(call, ProjectName(parts[1]));
  if (permissions) {
    if (call.request.method != "GET" || parts.size() != 3)
      return NoSuch("path");
    return ListPermissions(*FindRole(kProjectAdmin), call.query);
  }
  if (claims) {
    if (call.request.method != "POST" || parts.size() != 3)
      return NoSuch("path");
    return claim_desk_.Claim(
        call.request.body, parts[1],
        call.query.One("dry_run").value_or("true") != "false");
  }
  return Accounts(call, parts[1]);
}

Administration::Answer Administration::Members(const Call& call,
                                               const std::string& owner) {
  if (call.path.parts.size() == 3 && call.path.verb.empty()) {
    if (call.request.method == "GET") {
      return members_.List(owner, call.query);
    }
    if (call.request.method == "POST") return AddMember(call, owner);
  }
  if (call.path.parts.size() != 4) return NoSuch("path");
  Member* member = members_.Find(owner, call.path.parts[3]);
  if (member == nullptr) return NoSuch("member");
  return OneMember(call, *member);
}

Administration::Answer Administration::AddMember(const Call& call,
                                                 const std::string& owner) {
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(call.request.body));
  Member member;
  SLUICE_ASSIGN_OR_RETURN(member.email, TextOf(fields, "email"));
  if (!absl::StrContains(member.email, "@")) {
    return absl::InvalidArgumentError("email must be an address");
  }
  SLUICE_ASSIGN_OR_RETURN(member.roles, RolesOf(fields, owner));
  member.owner = owner;
  member.created = parts_.now();
  const ServiceAccount* account = accounts_.FindByEmail(member.email);
  member.is_account = account != nullptr;
  member.id = account != nullptr ? account->id : parts_.new_id();
  member.display_name =
      account != nullptr ? account->display_name : member.email;
  Member* added = nullptr;
  SLUICE_ASSIGN_OR_RETURN(added, members_.Add(std::move(member)));
  return added->ToJson();
}

Administration::Answer Administration::OneMember(const Call& call,
                                                 Member& member) {
  if (call.path.verb == "getInviteUrl" && call.request.method == "GET") {
    if (member.is_account) {
      return absl::InvalidArgumentError("the invitation has been accepted");
    }
    return JsonText(json::object{
        {"inviteUrl",
         absl::StrCat("https://sandbox.invalid/invite/", member.id)}});
  }
  if (!call.path.verb.empty()) return NoSuch("path");
  if (call.request.method == "GET") return member.ToJson();
  if (call.request.method == "PATCH") {
    json::object fields;
    SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(call.request.body));
    if (fields.contains("roles")) {
      SLUICE_ASSIGN_OR_RETURN(member.roles, RolesOf(fields, member.owner));
    }
    return member.ToJson();
  }
  if (call.request.method != "DELETE") return NoSuch("path");
  members_.Remove(std::string(member.owner), std::string(member.id));
  return "{}";
}

Administration::Answer Administration::Accounts(const Call& call,
                                                const std::string& project) {
  const std::vector<std::string>& parts = call.path.parts;
  if (!call.path.verb.empty()) return NoSuch("path");
  if (parts.size() == 3) {
    if (call.request.method == "GET") {
      return accounts_.List(project, call.query);
    }
    if (call.request.method != "POST") return NoSuch("path");
    json::object fields;
    SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(call.request.body));
    ServiceAccount* created = nullptr;
    SLUICE_ASSIGN_OR_RETURN(created, accounts_.Create(parts_.new_id(), project,
                                                      fields, parts_.now()));
    return created->ToJson();
  }
  ServiceAccount* account = accounts_.Find(project, parts[3]);
  if (account == nullptr) return NoSuch("service account");
  if (parts.size() == 4) return OneAccount(call, *account);
  if (parts[4] != "keys" || parts.size() > 6) return NoSuch("path");
  if (parts.size() == 5) return Keys(call, *account);
  return OneKey(call, *account, parts[5]);
}

Administration::Answer Administration::OneAccount(const Call& call,
                                                  ServiceAccount& account) {
  if (call.request.method == "GET") return account.ToJson();
  if (call.request.method == "PATCH") {
    json::object fields;
    SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(call.request.body));
    SLUICE_RETURN_IF_ERROR(accounts_.Update(account, fields, parts_.now()));
    return account.ToJson();
  }
  if (call.request.method != "DELETE") return NoSuch("path");
  const std::string id = account.id;
  members_.RemoveAccount(id);
  accounts_.Remove(id);
  return "{}";
}

Administration::Answer Administration::Keys(const Call& call,
                                            ServiceAccount& account) {
  if (call.request.method == "GET") {
    return AccountRegistry::ListKeys(account, call.query);
  }
  if (call.request.method != "POST") return NoSuch("path");
  AccountKey key;
  key.id = parts_.new_id();
  key.secret = SecretOf(account, key.id);
  key.created = parts_.now();
  account.keys.push_back(std::move(key));
  const AccountKey& created = account.keys.back();
  return absl::StrCat(R"({"key":)", account.KeyToJson(created),
                      R"(,"secret":")", created.secret, R"("})");
}

Administration::Answer Administration::OneKey(const Call& call,
                                              ServiceAccount& account,
                                              std::string_view id) {
  for (size_t i = 0; i < account.keys.size(); ++i) {
    if (account.keys[i].id != id) continue;
    if (call.request.method == "GET") return account.KeyToJson(account.keys[i]);
    if (call.request.method != "DELETE") return NoSuch("path");
    account.keys.erase(account.keys.begin() + static_cast<ptrdiff_t>(i));
    return "{}";
  }
  return NoSuch("key");
}

}  // namespace sluice::sandbox
