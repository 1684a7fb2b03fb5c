// Certificates for tests of TLS, made on the spot.
#ifndef TESTS_TESTING_TEST_CERTIFICATES_H_
#define TESTS_TESTING_TEST_CERTIFICATES_H_

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace sluice {

// An authority of its own whose certificate and key files lie in `folder`.
// CHECK-fails when it cannot make them.
class TestAuthority {
 public:
  struct Files {
    std::string certificate_file;
    std::string private_key_file;
  };

  // `folder` exists, and files in it named "<name>-*.pem" are overwritten.
  TestAuthority(std::string folder, std::string name);
  ~TestAuthority();

  // What a client needs to trust this authority.
  const std::string& ca_file() const { return ca_file_; }

  // A certificate for 127.0.0.1, ::1 and the DNS name `host`, valid from a day
  // ago until `not_after`.
  Files Issue(const std::string& host, bool with_loopback = true,
              absl::Time not_after = absl::Now() + absl::Hours(24));

 private:
  struct Keys;
  const std::string folder_;
  const std::string name_;
  std::string ca_file_;
  std::unique_ptr<Keys> ca_;
  int issued_ = 0;
};

}  // namespace sluice

#endif  // TESTS_TESTING_TEST_CERTIFICATES_H_
