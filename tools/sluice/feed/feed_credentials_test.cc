#include "tools/sluice/feed/feed_credentials.h"

#include <cstdlib>
#include <fstream>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "gtest/gtest.h"
#include "plugins/builtin/builtin.h"

namespace sluice {
namespace {

constexpr char kConfig[] = R"(
data_dir: /tmp/unused
pipelines:
  p:
    sources: {in: {generate: {}}}
    sinks:
      rooms:
        feed:
          api_key: key1
          api_secret: {env: FEED_TEST_SECRET}
          feed: "room:1"
          base_url: http://127.0.0.1:1
      halls:
        feed:
          api_key: key2
          api_secret: {env: FEED_TEST_SECRET}
          feed: "hall:1"
          location: dublin
      nothing: {"null": {}}
)";

class FeedCredentialsTest : public ::testing::Test {
 protected:
  FeedCredentialsTest() {
    for (const char* name :
         {"LOCAL", "STREAM_URL", "STREAM_REGION", "STREAM_KEY", "STREAM_SECRET",
          "STREAM_API_KEY", "STREAM_API_SECRET", "STREAM_APP_ID"}) {
      unsetenv(name);
    }
    setenv("FEED_TEST_SECRET", "hush", 1);
    EXPECT_TRUE(RegisterBuiltinPlugins(registry_).ok());
  }

  absl::StatusOr<feed::FeedClientOptions> Read(std::string command_line) {
    CLI::App app;
    FeedCredentials credentials;
    AddFeedCredentials(app, &credentials);
    try {
      app.parse(command_line);
    } catch (const CLI::ParseError& error) {
      return absl::InvalidArgumentError(error.what());
    }
    return ReadFeedCredentials(credentials, registry_);
  }
  std::string Refusal(std::string command_line) {
    const auto options = Read(std::move(command_line));
    EXPECT_EQ(options.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(options.status().message());
  }
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = testing::TempDir() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  PluginRegistry registry_;
};

TEST_F(FeedCredentialsTest, TakesOptions) {
  const auto options =
      Read("--api-key k --api-secret-file " + File("secret", "s\n") +
           " --location qa --app-id 7 --api-version v2.0 --timeout 5s"
           " --ca-file /ca.pem --redirect-url http://x/");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->api_key, "k");
  EXPECT_EQ(options->api_secret, "s");
  EXPECT_EQ(options->location, "qa");
  EXPECT_EQ(options->app_id, "7");
  EXPECT_EQ(options->version, "v2.0");
  EXPECT_EQ(options->timeout, absl::Seconds(5));
  EXPECT_EQ(options->ca_file, "/ca.pem");
  EXPECT_EQ(options->redirect_url, "http://x/");
}

TEST_F(FeedCredentialsTest, FillsUpFromTheEnvironment) {
  setenv("STREAM_KEY", "envkey", 1);
  setenv("STREAM_SECRET", "envsecret", 1);
  const auto options = Read("--base-url http://localhost:1");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->api_key, "envkey");
  EXPECT_EQ(options->api_secret, "envsecret");
  EXPECT_EQ(options->base_url, "http://localhost:1");
}

TEST_F(FeedCredentialsTest, TakesTheSinkOfAConfiguration) {
  const std::string config = File("sluice.yaml", kConfig);
  const auto options = Read("--config " + config + " --sink rooms");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->api_key, "key1");
  EXPECT_EQ(options->api_secret, "hush");
  EXPECT_EQ(options->base_url, "http://127.0.0.1:1");
  EXPECT_EQ(Read("--config " + config + " --sink p/halls")->location, "dublin");
  EXPECT_EQ(Refusal("--config " + config),
            "--sink: say which sink of " + config +
                " is meant; it has p/halls, p/rooms");
  EXPECT_EQ(Refusal("--config " + config + " --sink nothing"),
            "--sink: no feed sink \"nothing\" in " + config +
                "; it has p/halls, p/rooms");
}

TEST_F(FeedCredentialsTest, SaysWhatIsMissingOrWrong) {
  EXPECT_TRUE(Refusal("").starts_with("--api-key: "));
  EXPECT_TRUE(Refusal("--api-key k").starts_with("--api-secret-file: "));
  EXPECT_TRUE(Refusal("--api-key k --api-secret-env NO_SUCH_VARIABLE")
                  .starts_with("--api-secret-env: "));
  EXPECT_TRUE(Refusal("--api-key k --api-secret-file /no/such/file")
                  .starts_with("--api-secret-file: "));
  EXPECT_TRUE(Refusal("--api-key k --api-secret-env FEED_TEST_SECRET "
                      "--timeout soon")
                  .starts_with("--timeout: "));
  EXPECT_TRUE(Refusal("--config /no/such/file").starts_with("--config: "));
  EXPECT_NE(Refusal("--sink rooms").find("--config"), std::string::npos);
  EXPECT_NE(Refusal("--config x --api-key k").find("--api-key"),
            std::string::npos);
  setenv("STREAM_URL", "https://key:hush@getstream.io/", 1);
  const std::string refusal = Refusal("");
  EXPECT_TRUE(refusal.starts_with("STREAM_URL ")) << refusal;
  EXPECT_EQ(refusal.find("hush"), std::string::npos);
}

}  // namespace
}  // namespace sluice
