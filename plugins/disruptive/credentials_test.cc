#include "plugins/disruptive/credentials.h"

#include <cstdlib>
#include <fstream>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class CredentialsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"DT_CREDENTIALS_FILE", "DT_SERVICE_ACCOUNT_KEY_ID",
          "DT_SERVICE_ACCOUNT_SECRET", "DT_SERVICE_ACCOUNT_EMAIL"}) {
      unsetenv(name);
    }
  }

  static absl::StatusOr<FoundCredentials> Find(const std::string& text) {
    v1::DisruptiveConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
    return FindCredentials(config);
  }

  static std::string WriteFile(const std::string& text) {
    const std::string path = ::testing::TempDir() + "/credentials.json";
    std::ofstream(path) << text;
    return path;
  }
};

constexpr char kFile[] = R"({"serviceAccount":{"keyId":"k1","secret":"hush",
    "email":"sa@p","algorithm":"HS256","tokenEndpoint":"https://t/token"}})";

TEST_F(CredentialsTest, ReadsTheFileOfTheVendorsClient) {
  const auto found = Find("credentials { file: \"" + WriteFile(kFile) + "\" }");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->key.key_id, "k1");
  EXPECT_EQ(found->key.secret, "hush");
  EXPECT_EQ(found->key.email, "sa@p");
  EXPECT_EQ(found->token_url, "https://t/token");
}

TEST_F(CredentialsTest, SaysWhatTheFileLacksAndKeepsTheSecret) {
  const auto found = Find(
      "credentials { file: \"" +
      WriteFile(R"({"serviceAccount":{"secret":"hush","keyId":""}})") + "\" }");
  EXPECT_EQ(ConfigErrorField(found.status()), "credentials.file");
  const std::string message(found.status().message());
  EXPECT_THAT(message,
              HasSubstr("lacks keyId, email, algorithm, tokenEndpoint"));
  EXPECT_THAT(message, Not(HasSubstr("hush")));
}

TEST_F(CredentialsTest, RefusesAnotherAlgorithmAndAnotherShape) {
  std::string other = kFile;
  other.replace(other.find("HS256"), 5, "RS256");
  EXPECT_THAT(
      std::string(Find("credentials { file: \"" + WriteFile(other) + "\" }")
                      .status()
                      .message()),
      HasSubstr("not HS256"));
  EXPECT_THAT(
      std::string(Find("credentials { file: \"" + WriteFile("[]") + "\" }")
                      .status()
                      .message()),
      HasSubstr("serviceAccount"));
  EXPECT_EQ(ConfigErrorField(
                Find("credentials { file: \"/no/such/file\" }").status()),
            "credentials.file");
}

TEST_F(CredentialsTest, TakesSingleFields) {
  setenv("CREDENTIALS_TEST_SECRET", "hush", 1);
  const std::string secret = "secret { env: \"CREDENTIALS_TEST_SECRET\" }";
  EXPECT_TRUE(
      Find("credentials { key_id: \"k\" email: \"e\" " + secret + "}").ok());
  EXPECT_EQ(ConfigErrorField(
                Find("credentials { key_id: \"k\" " + secret + "}").status()),
            "credentials.email");
  const auto basic =
      Find("credentials { key_id: \"k\" basic: true " + secret + "}");
  ASSERT_TRUE(basic.ok()) << basic.status();
  EXPECT_TRUE(basic->key.basic);
  EXPECT_EQ(ConfigErrorField(
                Find("credentials { key_id: \"k\" email: \"e\" }").status()),
            "credentials.secret");
  EXPECT_EQ(ConfigErrorField(
                Find("credentials { file: \"f\" key_id: \"k\" }").status()),
            "credentials");
}

TEST_F(CredentialsTest, FallsBackToTheEnvironment) {
  EXPECT_EQ(ConfigErrorField(Find("").status()), "credentials");
  setenv("DT_SERVICE_ACCOUNT_KEY_ID", "k", 1);
  setenv("DT_SERVICE_ACCOUNT_SECRET", "s", 1);
  EXPECT_FALSE(Find("").ok());
  setenv("DT_SERVICE_ACCOUNT_EMAIL", "e", 1);
  EXPECT_EQ(Find("")->key.key_id, "k");
  setenv("DT_CREDENTIALS_FILE", WriteFile(kFile).c_str(), 1);
  EXPECT_EQ(Find("")->key.key_id, "k1");
}

}  // namespace
}  // namespace sluice::disruptive
