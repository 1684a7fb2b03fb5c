// Calls of methods that are known by their names only.
#ifndef TESTS_ADMIN_GENERIC_CALL_H_
#define TESTS_ADMIN_GENERIC_CALL_H_

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

namespace sluice {

struct GenericAnswer {
  grpc::Status status;
  // An answer came, whatever came behind it.
  bool answered = false;
};

// Calls `path`, "/package.Service/Method", with the bytes of a request, and
// with `token` unless it is empty. Waits for the first answer or the end,
// for at most a minute; a call with many answers is given up then.
GenericAnswer CallGeneric(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& path, const std::string& request,
                          const std::string& token);

}  // namespace sluice

#endif  // TESTS_ADMIN_GENERIC_CALL_H_
