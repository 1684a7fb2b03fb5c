#include "plugins/disruptive/assertion.h"

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

// Made with the official client's own function.
TEST(AssertionTest, SignsLikeTheOfficialClient) {
  EXPECT_EQ(
      SignAssertion(
          {.key_id = "c1testkeyid0000000000",
           .secret = "0123456789abcdef0123456789abcdef",
           .email = "sa1@p1.serviceaccount.d21s.com",
           .audience =
               "https://identity.disruptive-technologies.com/oauth2/token",
           .issued = absl::FromUnixSeconds(1700000000)}),
      "eyJhbGciOiJIUzI1NiIsImtpZCI6ImMxdGVzdGtleWlkMDAwMDAwMDAwMCIsInR5cCI6Ik"
      "pXVCJ9.eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMzYwMCwiYXVkIjoiaHR0cHM6"
      "Ly9pZGVudGl0eS5kaXNydXB0aXZlLXRlY2hub2xvZ2llcy5jb20vb2F1dGgyL3Rva2VuIiw"
      "iaXNzIjoic2ExQHAxLnNlcnZpY2VhY2NvdW50LmQyMXMuY29tIn0.LO0BmD4Y4QbV812CYf"
      "-nRi7017gItTs5h1OLHrh2PDE");
}

TEST(AssertionTest, EncodesBasicCredentials) {
  EXPECT_EQ(BasicHeader("key", "secret"), "Basic a2V5OnNlY3JldA==");
}

}  // namespace
}  // namespace sluice::disruptive
