// How subcommands reach the admin API of a running process.
#ifndef TOOLS_SLUICE_ADMIN_CLIENT_H_
#define TOOLS_SLUICE_ADMIN_CLIENT_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <ostream>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

struct AdminClientOptions {
  // "unix:/path" or "ADDRESS:PORT". Empty: the socket in `data_dir`.
  std::string address;
  std::string data_dir;
  // Holds a token and nothing else, but for white space around it.
  std::string token_file;
  // For addresses: TLS, with these authorities (PEM) instead of the system's,
  // and with a certificate of the caller's own.
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
  // No TLS; over loopback only.
  bool insecure_loopback = false;
};

// Adds --admin, --data-dir, --token-file, --ca-file, --certificate, --key and
// --insecure-loopback. --admin may come from the variable SLUICE_ADMIN.
void AddAdminOptions(CLI::App& command, AdminClientOptions* options);
// The same without --data-dir.
void AddAdminAddressOptions(CLI::App& command, AdminClientOptions* options);

// A channel, and what each call needs.
class AdminClient {
 public:
  // Connects to nothing yet.
  //   kInvalidArgument: an option is missing or wrong, or a file cannot be
  //   read; the message names it.
  static absl::StatusOr<AdminClient> Create(const AdminClientOptions& options);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // For one call. It fails at once when nobody listens.
  std::unique_ptr<grpc::ClientContext> NewContext(
      absl::Duration timeout = absl::Seconds(10)) const;

  // What went wrong with a call, and what to do.
  absl::Status ToStatus(const grpc::Status& status) const;
  // Prints that to `err`; gives the exit code.
  int Fail(const grpc::Status& status, std::ostream& err) const;

 private:
  AdminClient(std::string address, std::shared_ptr<grpc::Channel> channel,
              std::string token)
      : address_(std::move(address)),
        channel_(std::move(channel)),
        token_(std::move(token)) {}

  std::string address_;
  std::shared_ptr<grpc::Channel> channel_;
  std::string token_;
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_ADMIN_CLIENT_H_
