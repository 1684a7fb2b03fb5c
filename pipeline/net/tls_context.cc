#include "pipeline/net/tls_context.h"

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

namespace ssl = boost::asio::ssl;

absl::Status CannotUse(const char* what, const std::string& file,
                       const boost::system::error_code& error) {
  return absl::InvalidArgumentError(
      absl::StrCat("cannot use ", what, " ", file, ": ", error.message()));
}

}  // namespace

absl::Status LoadTlsContext(const std::string& certificate_file,
                            const std::string& private_key_file,
                            std::optional<ssl::context>* tls) {
  tls->reset();
  if (certificate_file.empty() && private_key_file.empty()) {
    return absl::OkStatus();
  }
  if (certificate_file.empty() || private_key_file.empty()) {
    return absl::InvalidArgumentError(
        "certificate_file and private_key_file go together");
  }
  ssl::context loaded(ssl::context::tls_server);
  boost::system::error_code error;
  loaded.set_options(ssl::context::default_workarounds |
                     ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  loaded.use_certificate_chain_file(certificate_file, error);
  if (error) return CannotUse("certificate", certificate_file, error);
  loaded.use_private_key_file(private_key_file, ssl::context::pem, error);
  if (error) return CannotUse("private key", private_key_file, error);
  tls->emplace(std::move(loaded));
  return absl::OkStatus();
}

}  // namespace sluice
