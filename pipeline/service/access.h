// Who calls the admin API, and what they may do.
#ifndef PIPELINE_SERVICE_ACCESS_H_
#define PIPELINE_SERVICE_ACCESS_H_

#include <grpcpp/server_context.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "pipeline/service/token_file.h"
#include "pipeline/topology/pipeline_spec.h"

namespace sluice {

// "viewer", "operator", "admin".
std::string_view RoleName(config::v1::Role role);

// Decides about each call.
//
//   a bearer token       the role that tokens_file gives it; an unknown one is
//                        refused, whatever else would do
//   a client certificate the role that `clients` gives one of its names
//   a Unix socket        admin: the permissions of its file have decided
//
// Thread-safety: all methods from any thread.
class AccessPolicy {
 public:
  // Reads tokens_file, if there is one.
  //   errors of TokenFile::Open.
  static absl::StatusOr<std::unique_ptr<AccessPolicy>> Create(
      const AdminSpec& spec);

  // `on_caller` is called with the peer of each call whose caller is known,
  // before the call is let through. To be set before the first call.
  void set_on_caller(std::function<void(const std::string& peer)> on_caller) {
    on_caller_ = std::move(on_caller);
  }

  //   kUnauthenticated: nothing says who calls.  kPermissionDenied: they may
  //   not; the message names the role needed.
  absl::StatusOr<Caller> Authorize(const grpc::ServerContextBase& context,
                                   config::v1::Role least) const;

 private:
  AccessPolicy() = default;
  absl::StatusOr<Caller> Identify(const grpc::ServerContextBase& context) const;

  bool is_unix_ = false;
  std::unique_ptr<TokenFile> tokens_;
  std::map<std::string, config::v1::Role> clients_;
  std::function<void(const std::string& peer)> on_caller_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_ACCESS_H_
