#include "plugins/inthing/stream_access.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

class StreamAccessTest : public testing::Test {
 protected:
  StreamAccessTest() {
    for (const char* name :
         {kUrlVariable, kStreamVariable, kPasswordVariable}) {
      unsetenv(name);
    }
  }
};

TEST_F(StreamAccessTest, ChoosesTheServiceByArgumentThenEnvironment) {
  EXPECT_EQ(*ChooseBaseUrl(""), "https://www.inthing.io");
  setenv(kUrlVariable, "", 1);
  EXPECT_EQ(*ChooseBaseUrl(""), "https://www.inthing.io");
  setenv(kUrlVariable, "http://127.0.0.1:1//", 1);
  EXPECT_EQ(*ChooseBaseUrl(""), "http://127.0.0.1:1");
  EXPECT_EQ(*ChooseBaseUrl("https://example.org/prefix/"),
            "https://example.org/prefix");
}

TEST_F(StreamAccessTest, RefusesWhatIsNoAddress) {
  for (const char* url : {"ftp://x", "www.inthing.io", "http://", "///"}) {
    const absl::Status status = ChooseBaseUrl(url).status();
    EXPECT_EQ(ErrorClassOf(status), v1::Error::CONFIG) << url;
    EXPECT_NE(status.message().find(url), std::string::npos) << status;
  }
}

TEST_F(StreamAccessTest, ChoosesTheStreamByArgumentThenEnvironment) {
  const absl::Status none = ChooseStream("", "", "https://x").status();
  EXPECT_EQ(none.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorClassOf(none), v1::Error::CONFIG);
  setenv(kStreamVariable, "https://www.inthing.io/will/env/", 1);
  setenv(kPasswordVariable, "daffodil", 1);
  EXPECT_EQ(ChooseStream("", "", "https://x")->id, "/will/env/");
  EXPECT_EQ(ChooseStream("", "", "https://x")->password, "daffodil");
  EXPECT_EQ(ChooseStream("will/own", "other", "https://x")->id, "/will/own/");
  EXPECT_EQ(ChooseStream("will/own", "other", "https://x")->password, "other");
}

TEST_F(StreamAccessTest, KnowsThePageOfAStream) {
  EXPECT_EQ(StreamUrl("https://x", "/will/test/"), "https://x/will/test/");
  EXPECT_EQ(StreamUrl("https://x", "4d9f242c-0805-11e6-8d28-fb90f1f704e0"),
            "https://x/s/4d9f242c-0805-11e6-8d28-fb90f1f704e0/");
}

TEST_F(StreamAccessTest, NamesThisMachine) {
  EXPECT_FALSE(DefaultGenerator().empty());
}

}  // namespace
}  // namespace sluice::inthing
