// The certificate of a server.
#ifndef PIPELINE_NET_TLS_CONTEXT_H_
#define PIPELINE_NET_TLS_CONTEXT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "boost/asio/ssl/context.hpp"

namespace sluice {

// Reads certificate chain and key, both PEM, for a server that speaks TLS 1.2
// or later, into `*tls`; leaves it empty when no files are named.
//   kInvalidArgument: only one of the two is named, or a file cannot be used;
//   the message says which and why.
absl::Status LoadTlsContext(const std::string& certificate_file,
                            const std::string& private_key_file,
                            std::optional<boost::asio::ssl::context>* tls);

}  // namespace sluice

#endif  // PIPELINE_NET_TLS_CONTEXT_H_
