#include "tests/testing/test_certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// Writes a file through one of OpenSSL's PEM functions.
template <typename WriteFn>
void WriteFile(const std::string& path, WriteFn write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  PCHECK(file != nullptr) << path;
  CHECK(write(file)) << path;
  CHECK_EQ(std::fclose(file), 0) << path;
}

void AddExtension(X509* certificate, X509* issuer, int nid,
                  const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  CHECK(extension != nullptr) << value;
  CHECK(X509_add_ext(certificate, extension, -1));
  X509_EXTENSION_free(extension);
}

// An unsigned certificate.
Certificate MakeCertificate(const std::string& subject, EVP_PKEY* key,
                            int serial, absl::Time not_after) {
  Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  const absl::Time not_before =
      std::min(absl::Now(), not_after) - absl::Hours(24);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()),
                absl::ToTimeT(not_before));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()),
                absl::ToTimeT(not_after));
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1, 0);
  return certificate;
}

}  // namespace

struct TestAuthority::Keys {
  Key key{EVP_EC_gen("P-256"), EVP_PKEY_free};
  Certificate certificate{nullptr, X509_free};
};

TestAuthority::TestAuthority(std::string folder, std::string name)
    : folder_(std::move(folder)),
      name_(std::move(name)),
      ca_file_(absl::StrCat(folder_, "/", name_, "-ca.pem")),
      ca_(std::make_unique<Keys>()) {
  ca_->certificate =
      MakeCertificate(name_, ca_->key.get(), 1, absl::Now() + absl::Hours(48));
  X509* certificate = ca_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  AddExtension(certificate, certificate, NID_basic_constraints,
               "critical,CA:TRUE");
  CHECK(X509_sign(certificate, ca_->key.get(), EVP_sha256()));
  WriteFile(ca_file_,
            [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

TestAuthority::~TestAuthority() = default;

TestAuthority::Files TestAuthority::Issue(const std::string& host,
                                          bool with_loopback,
                                          absl::Time not_after) {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const int serial = 2 + issued_++;
  Certificate certificate = MakeCertificate(host, key.get(), serial, not_after);
  X509_set_issuer_name(certificate.get(),
                       X509_get_subject_name(ca_->certificate.get()));
  AddExtension(
      certificate.get(), ca_->certificate.get(), NID_subject_alt_name,
      absl::StrCat("DNS:", host, with_loopback ? ",IP:127.0.0.1,IP:::1" : ""));
  CHECK(X509_sign(certificate.get(), ca_->key.get(), EVP_sha256()));
  const std::string base = absl::StrCat(folder_, "/", name_, "-", serial);
  Files files = {base + "-cert.pem", base + "-key.pem"};
  WriteFile(files.certificate_file, [&](std::FILE* file) {
    return PEM_write_X509(file, certificate.get());
  });
  WriteFile(files.private_key_file, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr,
                                nullptr);
  });
  return files;
}

}  // namespace sluice
