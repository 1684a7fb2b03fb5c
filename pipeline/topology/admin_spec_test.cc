#include "pipeline/topology/admin_spec.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice {
namespace {

absl::StatusOr<AdminSpec> Build(const std::string& text) {
  config::v1::Admin config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  return BuildAdminSpec(config, "/var/lib/sluice");
}

// The field that is wrong in `text`, or "".
std::string WrongField(const std::string& text) {
  return ConfigErrorField(Build(text).status());
}

constexpr char kTls[] =
    R"(certificate_file: "c.pem" private_key_file: "k.pem" )";

TEST(AdminSpecTest, IsASocketInTheDataDirectoryByDefault) {
  const AdminSpec spec = Build("").value();
  EXPECT_EQ(spec.listen, "unix:/var/lib/sluice/admin.sock");
  EXPECT_TRUE(spec.is_default);
  EXPECT_EQ(spec.socket_mode, 0600u);
}

TEST(AdminSpecTest, CanBeOff) {
  EXPECT_EQ(Build(R"(listen: "off")").value().listen, "");
}

TEST(AdminSpecTest, TakesASocketWithItsPermissions) {
  const AdminSpec spec =
      Build(R"(listen: "unix:/run/s.sock" socket_mode: "0660")").value();
  EXPECT_EQ(spec.listen, "unix:/run/s.sock");
  EXPECT_FALSE(spec.is_default);
  EXPECT_EQ(spec.socket_mode, 0660u);
  for (const char* mode : {"0400", "888", "rw", "07777", "-1"}) {
    EXPECT_EQ(WrongField("socket_mode: \"" + std::string(mode) + "\""),
              "socket_mode")
        << mode;
  }
  EXPECT_EQ(WrongField(R"(listen: "unix:")"), "listen");
  EXPECT_EQ(WrongField("listen: \"unix:/" + std::string(107, 'x') + "\""),
            "listen");
}

TEST(AdminSpecTest, WantsTlsOrAnExplicitLoopbackAddress) {
  const std::string tokens = R"(tokens_file: "t" )";
  EXPECT_EQ(WrongField(tokens + R"(listen: "127.0.0.1:7070")"), "listen");
  EXPECT_EQ(WrongField(tokens + R"(listen: "0.0.0.0:7070")"), "listen");
  EXPECT_EQ(
      WrongField(tokens + R"(listen: "0.0.0.0:7070" insecure_loopback: true)"),
      "insecure_loopback");
  EXPECT_TRUE(
      Build(tokens + R"(listen: "127.0.0.1:0" insecure_loopback: true)").ok());
  EXPECT_TRUE(
      Build(tokens + R"(listen: "[::1]:0" insecure_loopback: true)").ok());
  EXPECT_TRUE(Build(tokens + kTls + R"(listen: "[::]:7070")").ok());
}

TEST(AdminSpecTest, RefusesWhatIsNoAddress) {
  for (const char* listen : {"localhost:7070", "1.2.3.4", "::1:7070",
                             "127.0.0.1:70700", "127.0.0.1:x", "[::1:7070"}) {
    EXPECT_EQ(WrongField(std::string(kTls) + "tokens_file: \"t\" listen: \"" +
                         listen + "\""),
              "listen")
        << listen;
  }
}

TEST(AdminSpecTest, TakesAPortForOneOfThisMachine) {
  EXPECT_EQ(Build(R"(tokens_file: "t" insecure_loopback: true listen: "7070")")
                .value()
                .listen,
            "127.0.0.1:7070");
}

TEST(AdminSpecTest, WantsToKnowItsCallers) {
  EXPECT_EQ(WrongField(std::string(kTls) + R"(listen: "1.2.3.4:1")"), "listen");
  const std::string ca = std::string(kTls) + R"(client_ca_file: "ca.pem" )";
  EXPECT_EQ(WrongField(ca + R"(listen: "1.2.3.4:1")"), "clients");
  EXPECT_EQ(WrongField(R"(clients { key: "a" value: VIEWER })"),
            "client_ca_file");
  EXPECT_EQ(WrongField(ca + R"(clients { key: "a" value: ROLE_UNSPECIFIED })"),
            "clients.a");
  const AdminSpec spec =
      Build(ca + R"(listen: "1.2.3.4:1" clients { key: "a" value: OPERATOR })")
          .value();
  EXPECT_EQ(spec.clients.at("a"), config::v1::OPERATOR);
}

TEST(AdminSpecTest, WantsTheWholeOfAPair) {
  EXPECT_EQ(WrongField(R"(certificate_file: "c.pem")"), "private_key_file");
  EXPECT_EQ(WrongField(R"(private_key_file: "k.pem")"), "certificate_file");
  EXPECT_EQ(WrongField(R"(client_ca_file: "ca.pem")"), "client_ca_file");
}

}  // namespace
}  // namespace sluice
