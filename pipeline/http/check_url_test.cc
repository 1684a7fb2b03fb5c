#include "pipeline/http/check_url.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Problem(std::string_view url) {
  const absl::Status status = CheckHttpUrl(url);
  if (status.ok()) return "";
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << url;
  return std::string(status.message());
}

TEST(CheckUrlTest, TakesWhatCanBeSentTo) {
  for (const char* url :
       {"http://localhost", "https://example.com/", "http://127.0.0.1:8080/a",
        "http://[::1]:9/x", "https://[2001:db8::7]", "http://my_host:1?q",
        "https://a-b.example.com:65535/v1/~me/%7Bid%7D;v=2?a=b&c=d/e?f:g@h",
        "https://example.com//a//"}) {
    EXPECT_EQ(Problem(url), "") << url;
  }
}

TEST(CheckUrlTest, SaysWhatWouldBeRight) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "is missing; give e.g. https://"},
      {"example.com/events", "must begin with http:// or https://"},
      {"ftp://example.com", "must begin with http:// or https://"},
      {"HTTP://example.com", "must begin with http:// or https://"},
      {" http://example.com", "must begin with http:// or https://"},
      {"http://", "has no host that can be called; give a name"},
      {"http:///events", "has no host"},
      {"http://:80/", "has no host"},
      {"http://ex ample.com/", "has no host"},
      {"http://h\xc3\xb6st/", "has no host"},
      {"http://[::1/", "has no host"},
      {"http://[]/", "has no host"},
      {"http://[::g]/", "has no host"},
      {"http://host:/", "has a port that is not a number from 1 to 65535"},
      {"http://host:0/", "has a port"},
      {"http://host:65536/", "has a port"},
      {"http://host:80a/", "has a port"},
      {"http://host:+80/", "has a port"},
      {"http://[::1]80/", "has no host"},
      {"http://[::1]:x/", "has a port"},
      {"http://host/a#b", "has a fragment (#...), which is never sent"},
      {"http://host#b", "has a fragment"},
      {"http://host/a b",
       "at byte 14 that cannot stand there; write it as %20"},
      {"http://host/\xc3\xa9",
       "at byte 13 that cannot stand there; write it "
       "as %C3"},
      {"http://host/{{ id }}", "write it as %7B"},
      {"http://host/?a[]=1", "write it as %5B"},
      {"http://host/a\nb", "write it as %0A"},
      {std::string("http://host/\0", 13), "write it as %00"},
      {"http://host/100%", "has a % at byte 16"},
      {"http://host/%zz", "write %25 for the character itself"},
      {"http://host/" + std::string(8181, 'a'),
       "has 8193 bytes; give at most "
       "8192"},
  };
  for (const auto& [url, problem] : cases) {
    EXPECT_THAT(Problem(url), HasSubstr(problem)) << url;
  }
  EXPECT_EQ(Problem("http://host/" + std::string(8180, 'a')), "");
}

TEST(CheckUrlTest, ShowsNoSecret) {
  for (const char* url :
       {"http://me:s3cret@host/", "https://s3cret@host",
        "http://host/?k=s3cret ", "http://s3cret:x@ho st", "s3cret://host"}) {
    EXPECT_THAT(Problem(url), Not(HasSubstr("s3cret"))) << url;
    EXPECT_NE(Problem(url), "") << url;
  }
  EXPECT_THAT(Problem("http://me:s3cret@host/"),
              HasSubstr("must not hold a user name or a password"));
}

}  // namespace
}  // namespace sluice
