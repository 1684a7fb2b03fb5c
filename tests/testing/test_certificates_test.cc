#include "tests/testing/test_certificates.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>

#include "gtest/gtest.h"

namespace sluice {
namespace {

X509* Read(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "r");
  X509* certificate = PEM_read_X509(file, nullptr, nullptr, nullptr);
  std::fclose(file);
  return certificate;
}

TEST(TestCertificatesTest, AreSignedByTheirAuthorityForTheirHost) {
  TestAuthority authority(::testing::TempDir(), "certificates_test");
  X509* ca = Read(authority.ca_file());
  X509* certificate = Read(authority.Issue("h.test").certificate_file);
  EXPECT_EQ(X509_verify(certificate, X509_get0_pubkey(ca)), 1);
  EXPECT_EQ(X509_check_host(certificate, "h.test", 0, 0, nullptr), 1);
  EXPECT_EQ(X509_check_host(certificate, "other.test", 0, 0, nullptr), 0);
  EXPECT_EQ(X509_check_ip_asc(certificate, "127.0.0.1", 0), 1);
  X509_free(certificate);
  certificate = Read(authority.Issue("h.test", false).certificate_file);
  EXPECT_EQ(X509_check_ip_asc(certificate, "127.0.0.1", 0), 0);
  X509_free(certificate);
  X509_free(ca);
}

}  // namespace
}  // namespace sluice
