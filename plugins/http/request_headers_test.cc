#include "plugins/http/request_headers.h"

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

constexpr char kVariable[] = "REQUEST_HEADERS_TEST_SECRET";

class RequestHeadersTest : public testing::Test {
 protected:
  RequestHeadersTest() { SetSecret("s3cret"); }

  static void SetSecret(const std::string& value) {
    ASSERT_EQ(setenv(kVariable, value.c_str(), 1), 0);
  }

  RequestHeaders Read() {
    auto headers = ReadRequestHeaders(config_, "application/json");
    EXPECT_TRUE(headers.ok()) << headers.status();
    return headers.ok() ? *std::move(headers) : RequestHeaders{};
  }

  // "FIELD: MESSAGE" of the error.
  std::string Problem() {
    auto headers = ReadRequestHeaders(config_, "application/json");
    EXPECT_FALSE(headers.ok());
    if (headers.ok()) return "";
    EXPECT_EQ(headers.status().code(), absl::StatusCode::kInvalidArgument);
    return absl::StrCat(ConfigErrorField(headers.status()), ": ",
                        headers.status().message());
  }

  void AddHeader(const std::string& name, const std::string& value) {
    (*config_.mutable_headers())[name] = value;
  }
  void AddSecretHeader(const std::string& name) {
    (*config_.mutable_secret_headers())[name].set_env(kVariable);
  }
  void SetBasic(const std::string& user) {
    auto* basic = config_.mutable_authorization()->mutable_basic();
    basic->set_user(user);
    basic->mutable_password()->set_env(kVariable);
  }
  void SetBearer() {
    config_.mutable_authorization()->mutable_bearer()->set_env(kVariable);
  }

  v1::HttpSinkConfig config_;
};

TEST_F(RequestHeadersTest, NamesTheTypeOfTheBody) {
  EXPECT_THAT(Read().headers,
              ElementsAre(Pair("Content-Type", "application/json")));
  EXPECT_THAT(Read().secrets, IsEmpty());
}

TEST_F(RequestHeadersTest, LetsTheTypeBeAnotherOne) {
  AddHeader("content-type", "application/vnd.acme+json");
  EXPECT_THAT(Read().headers,
              ElementsAre(Pair("content-type", "application/vnd.acme+json")));
  AddHeader("content-type", "");
  EXPECT_THAT(Problem(), HasSubstr("headers.content-type: is empty"));
}

TEST_F(RequestHeadersTest, AddsHeadersInTheOrderOfTheirNames) {
  config_.set_compression(v1::GZIP);
  AddHeader("X-Source", "sluice, \xc3\xa9\twith a tab");
  AddHeader("Accept", "");
  AddSecretHeader("X-Api-Key");
  EXPECT_THAT(Read().headers,
              ElementsAre(Pair("Accept", ""),
                          Pair("X-Source", "sluice, \xc3\xa9\twith a tab"),
                          Pair("X-Api-Key", "s3cret"),
                          Pair("Content-Type", "application/json"),
                          Pair("Content-Encoding", "gzip")));
  EXPECT_THAT(Read().secrets, ElementsAre("s3cret"));
  EXPECT_EQ(Read().credentials_field, "secret_headers");
}

TEST_F(RequestHeadersTest, SendsABearerToken) {
  SetBearer();
  EXPECT_THAT(Read().headers,
              ElementsAre(Pair("Authorization", "Bearer s3cret"),
                          Pair("Content-Type", "application/json")));
  EXPECT_THAT(Read().secrets, ElementsAre("s3cret"));
  EXPECT_EQ(Read().credentials_field, "authorization.bearer");
}

// The example of RFC 7617 section 2.
TEST_F(RequestHeadersTest, SendsUserAndPassword) {
  SetSecret("open sesame");
  SetBasic("Aladdin");
  EXPECT_THAT(
      Read().headers,
      ElementsAre(Pair("Authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
                  Pair("Content-Type", "application/json")));
  EXPECT_THAT(Read().secrets, UnorderedElementsAre("open sesame",
                                                   "QWxhZGRpbjpvcGVuIHNlc2FtZQ"
                                                   "=="));
  EXPECT_EQ(Read().credentials_field, "authorization.basic");
}

TEST_F(RequestHeadersTest, SendsAnyOtherSchemeAsASecretHeader) {
  SetSecret("Splunk 0123-4567-89ab");
  AddSecretHeader("Authorization");
  EXPECT_THAT(Read().headers[0],
              Pair("Authorization", "Splunk 0123-4567-89ab"));
  // Services repeat the token without the scheme.
  EXPECT_THAT(Read().secrets,
              UnorderedElementsAre("Splunk 0123-4567-89ab", "0123-4567-89ab"));
}

TEST_F(RequestHeadersTest, BlamesTheWantOfCredentials) {
  EXPECT_EQ(Read().credentials_field, "authorization");
}

TEST_F(RequestHeadersTest, RefusesNamesThatCannotBeSent) {
  for (const char* name : {"", "X Y", "X:Y", "X\r\nY", "Größe", "a.b"}) {
    config_.Clear();
    AddHeader(name, "v");
    EXPECT_THAT(Problem(), HasSubstr("headers: \"")) << name;
    EXPECT_THAT(Problem(), HasSubstr("is no name of a header; give 1 to 256 "
                                     "letters, digits, - and _"));
    EXPECT_THAT(Problem(), Not(HasSubstr("\n")));
    config_.Clear();
    AddSecretHeader(name);
    EXPECT_THAT(Problem(), HasSubstr("secret_headers: \"")) << name;
  }
  config_.Clear();
  AddHeader(std::string(257, 'x'), "v");
  EXPECT_THAT(Problem(), HasSubstr("is no name of a header"));
}

TEST_F(RequestHeadersTest, RefusesWhatTheSinkSetsItself) {
  for (const char* name :
       {"Content-Length", "content-length", "Transfer-Encoding", "Host", "HOST",
        "Connection", "Content-Encoding", "Expect", "Accept-Encoding", "TE",
        "Trailer", "Upgrade", "Keep-Alive", "Proxy-Connection"}) {
    config_.Clear();
    AddHeader(name, "1");
    EXPECT_EQ(Problem(), absl::StrCat("headers.", name,
                                      ": is set by the sink itself; leave it "
                                      "out"));
    config_.Clear();
    AddSecretHeader(name);
    EXPECT_THAT(Problem(), HasSubstr(absl::StrCat("secret_headers.", name)));
  }
}

TEST_F(RequestHeadersTest, RefusesSecretsWrittenIntoTheFile) {
  for (const char* name :
       {"Authorization", "authorization", "Cookie", "Proxy-Authorization"}) {
    config_.Clear();
    AddHeader(name, "Bearer s3cret");
    EXPECT_EQ(Problem(),
              absl::StrCat("headers.", name,
                           ": holds a secret; give it in `authorization` or "
                           "`secret_headers`"));
  }
  config_.Clear();
  AddSecretHeader("Content-Type");
  EXPECT_EQ(Problem(),
            "secret_headers.Content-Type: is no secret; give it in `headers`");
}

TEST_F(RequestHeadersTest, RefusesValuesThatWouldBeginAnotherHeader) {
  for (const char* value : {"a\r\nEvil: 1", "a\n", "a\rb"}) {
    config_.Clear();
    AddHeader("X-A", value);
    EXPECT_THAT(Problem(), HasSubstr("headers.X-A: has a line end in it"));
    config_.Clear();
    SetSecret(value);
    AddSecretHeader("X-A");
    EXPECT_THAT(Problem(),
                HasSubstr("secret_headers.X-A: has a line end in it"));
  }
  config_.Clear();
  AddHeader("X-A", std::string("a\0b", 3));
  EXPECT_THAT(Problem(), HasSubstr("headers.X-A: has a control character"));
  AddHeader("X-A", "\x7f");
  EXPECT_THAT(Problem(), HasSubstr("headers.X-A: has a control character"));
  AddHeader("X-A", std::string(8193, 'x'));
  EXPECT_THAT(Problem(),
              HasSubstr("headers.X-A: has 8193 bytes; give at most 8192"));
}

TEST_F(RequestHeadersTest, RefusesAHeaderGivenTwice) {
  AddHeader("X-A", "1");
  AddHeader("x-a", "2");
  EXPECT_EQ(Problem(),
            "headers.x-a: is given in headers.X-A, too; a header is sent once");
  config_.Clear();
  AddHeader("X-A", "1");
  AddSecretHeader("X-a");
  EXPECT_THAT(Problem(), HasSubstr("secret_headers.X-a: is given in headers."
                                   "X-A, too"));
  config_.Clear();
  SetBearer();
  AddSecretHeader("Authorization");
  EXPECT_THAT(Problem(), HasSubstr("secret_headers.Authorization: is given in "
                                   "authorization.bearer, too"));
}

TEST_F(RequestHeadersTest, RefusesTooManyHeaders) {
  for (int i = 0; i < 63; ++i) AddHeader(absl::StrCat("X-", i), "v");
  AddSecretHeader("X-Api-Key");
  EXPECT_EQ(Read().headers.size(), 65u);  // With the type.
  AddHeader("X-More", "v");
  EXPECT_EQ(Problem(), "headers: 65 headers are too many; give at most 64");
}

TEST_F(RequestHeadersTest, RefusesCredentialsThatCannotBeSent) {
  SetBearer();
  for (const char* token : {"a b", "a\n", "t\xc3\xb6ken", "\x7f"}) {
    SetSecret(token);
    EXPECT_THAT(Problem(), HasSubstr("authorization.bearer: has a space, a "
                                     "line end or another character"));
  }
  SetSecret(std::string(8193, 'x'));
  EXPECT_THAT(Problem(), HasSubstr("authorization.bearer: has 8193 bytes"));

  SetSecret("two\nlines");
  SetBasic("user");
  EXPECT_THAT(Problem(),
              HasSubstr("authorization.basic.password: has a line end"));
  SetSecret("s3cret");
  SetBasic("us:er");
  EXPECT_THAT(Problem(), HasSubstr("authorization.basic.user: has a colon"));
  SetBasic("us\ner");
  EXPECT_THAT(Problem(), HasSubstr("authorization.basic.user: has a line end"));
  SetBasic("");
  EXPECT_EQ(Problem(), "authorization.basic.user: is missing");
}

TEST_F(RequestHeadersTest, NamesTheFieldOfAMissingSecret) {
  ASSERT_EQ(unsetenv(kVariable), 0);
  SetBearer();
  EXPECT_THAT(Problem(), HasSubstr("authorization.bearer: the environment "
                                   "variable REQUEST_HEADERS_TEST_SECRET"));
  SetBasic("user");
  EXPECT_THAT(Problem(), HasSubstr("authorization.basic.password: the "));
  config_.Clear();
  AddSecretHeader("X-Api-Key");
  EXPECT_THAT(Problem(), HasSubstr("secret_headers.X-Api-Key: the "));
  config_.Clear();
  config_.mutable_authorization();
  EXPECT_THAT(Problem(), HasSubstr("authorization: is empty; give {bearer: "));
  config_.mutable_authorization()->mutable_bearer();
  EXPECT_THAT(Problem(), HasSubstr("authorization.bearer: a secret is needed"));
}

TEST_F(RequestHeadersTest, ShowsNoSecretInAMessage) {
  SetSecret("very s3cret\nand long");
  SetBearer();
  EXPECT_THAT(Problem(), Not(HasSubstr("s3cret")));
  SetBasic("user");
  EXPECT_THAT(Problem(), Not(HasSubstr("s3cret")));
  config_.Clear();
  AddSecretHeader("X-Api-Key");
  EXPECT_THAT(Problem(), Not(HasSubstr("s3cret")));
}

}  // namespace
}  // namespace sluice::http
