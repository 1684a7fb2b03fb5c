#include "pipeline/service/access.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/topology/admin_spec.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr std::string_view kBearer = "bearer ";

// The token of "authorization: Bearer TOKEN"; empty: there is none.
std::string_view BearerToken(const grpc::ServerContextBase& context) {
  const auto& metadata = context.client_metadata();
  const auto header = metadata.find("authorization");
  if (header == metadata.end()) return {};
  std::string_view value(header->second.data(), header->second.size());
  if (!absl::StartsWithIgnoreCase(ToAbsl(value), ToAbsl(kBearer))) return {};
  value.remove_prefix(kBearer.size());
  return value;
}

// The names in a caller's certificate.
std::vector<std::string> CertificateNames(
    const grpc::ServerContextBase& context) {
  std::vector<std::string> names;
  const auto auth = context.auth_context();
  if (auth == nullptr || !auth->IsPeerAuthenticated()) return names;
  for (const char* property :
       {GRPC_X509_SAN_PROPERTY_NAME, GRPC_X509_CN_PROPERTY_NAME}) {
    for (const grpc::string_ref& name : auth->FindPropertyValues(property)) {
      names.emplace_back(name.data(), name.size());
    }
  }
  return names;
}

}  // namespace

std::string_view RoleName(config::v1::Role role) {
  switch (role) {
    case config::v1::VIEWER:
      return "viewer";
    case config::v1::OPERATOR:
      return "operator";
    case config::v1::ADMIN:
      return "admin";
    default:
      return "none";
  }
}

absl::StatusOr<std::unique_ptr<AccessPolicy>> AccessPolicy::Create(
    const AdminSpec& spec) {
  std::unique_ptr<AccessPolicy> policy(new AccessPolicy);
  policy->is_unix_ = IsUnixAddress(spec.listen);
  policy->clients_ = spec.clients;
  if (!spec.tokens_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(policy->tokens_, TokenFile::Open(spec.tokens_file));
  }
  return policy;
}

absl::StatusOr<Caller> AccessPolicy::Identify(
    const grpc::ServerContextBase& context) const {
  const std::string_view token = BearerToken(context);
  if (!token.empty()) {
    if (tokens_ != nullptr) return tokens_->Find(token);
    return absl::UnauthenticatedError(
        "there are no tokens here (admin.tokens_file is not configured)");
  }
  for (const std::string& name : CertificateNames(context)) {
    const auto client = clients_.find(name);
    if (client != clients_.end()) return Caller{name, client->second};
  }
  if (is_unix_) return Caller{"local", config::v1::ADMIN};
  return absl::UnauthenticatedError(
      clients_.empty()
          ? "a token is needed, as metadata \"authorization: Bearer TOKEN\""
          : "no name of the client certificate has a role (admin.clients)");
}

absl::StatusOr<Caller> AccessPolicy::Authorize(
    const grpc::ServerContextBase& context, config::v1::Role least) const {
  SLUICE_ASSIGN_OR_RETURN(Caller caller, Identify(context));
  if (on_caller_) on_caller_(context.peer());
  if (caller.role < least) {
    return absl::PermissionDeniedError(absl::StrCat(
        "this call needs the role ", ToAbsl(RoleName(least)), "; ", caller.name,
        " has the role ", ToAbsl(RoleName(caller.role))));
  }
  return caller;
}

}  // namespace sluice
