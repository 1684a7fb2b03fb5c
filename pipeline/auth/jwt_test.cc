#include "pipeline/auth/jwt.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "boost/json.hpp"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";
// Made with the official Python client's own function (disruptive 1.7.3).
constexpr char kToken[] =
    "eyJhbGciOiJIUzI1NiIsImtpZCI6ImMxdGVzdGtleWlkMDAwMDAwMDAwMCIsInR5cCI6IkpX"
    "VCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwiYXVkIjoiaHR0cHM6Ly9p"
    "ZGVudGl0eS5kaXNydXB0aXZlLXRlY2hub2xvZ2llcy5jb20vb2F1dGgyL3Rva2VuIiwiaXNzI"
    "joic2ExQHAxLnNlcnZpY2VhY2NvdW50LmQyMXMuY29tIn0.LO0BmD4Y4QbV812CYf-nRi7017"
    "gItTs5h1OLHrh2PDE";

std::optional<std::string> TheSecret(const Jwt&) { return kSecret; }

TEST(JwtTest, AcceptsATokenOfTheOfficialClient) {
  const auto jwt = VerifyJwt(kToken, TheSecret);
  ASSERT_TRUE(jwt.ok()) << jwt.status();
  EXPECT_EQ(jwt->header.at("kid"), "c1testkeyid0000000000");
  EXPECT_EQ(jwt->claims.at("iss"), "sa1@p1.serviceaccount.d21s.com");
}

TEST(JwtTest, SignsAsTheOfficialClientDoes) {
  EXPECT_EQ(
      SignJwt(R"({"alg":"HS256","kid":"c1testkeyid0000000000","typ":"JWT"})",
              R"({"iat":1700000000,"exp":1700003600,)"
              R"("aud":"https://identity.disruptive-technologies.com/oauth2/)"
              R"(token","iss":"sa1@p1.serviceaccount.d21s.com"})",
              kSecret),
      kToken);
}

TEST(JwtTest, RefusesAnotherSecretAndAnUnknownSigner) {
  const auto other = [](const Jwt&) -> std::optional<std::string> {
    return "another";
  };
  EXPECT_EQ(VerifyJwt(kToken, other).status().code(),
            absl::StatusCode::kPermissionDenied);
  const auto nobody = [](const Jwt&) { return std::optional<std::string>(); };
  EXPECT_EQ(VerifyJwt(kToken, nobody).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST(JwtTest, RefusesAChangedPayload) {
  std::string changed = kToken;
  changed[100] = changed[100] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(VerifyJwt(changed, TheSecret).ok());
}

TEST(JwtTest, RefusesOtherAlgorithms) {
  for (const char* header : {R"({"alg":"none"})", R"({"alg":"HS512"})", "{}"}) {
    EXPECT_EQ(
        VerifyJwt(SignJwt(header, "{}", kSecret), TheSecret).status().code(),
        absl::StatusCode::kInvalidArgument);
  }
}

TEST(JwtTest, RefusesWhatIsNoToken) {
  for (const char* text : {"", "a.b", "a.b.c", "..", "e30.e30.e30.e30"}) {
    EXPECT_EQ(VerifyJwt(text, TheSecret).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

}  // namespace
}  // namespace sluice
