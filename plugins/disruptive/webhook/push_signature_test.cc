#include "plugins/disruptive/webhook/push_signature.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"

namespace sluice::disruptive {
namespace {

// Computed independently, with Python's hashlib and hmac.
constexpr char kSecret[] = "my-signature-secret";
constexpr char kBody[] =
    R"({"event":{"eventId":"cqr0000000000000000g","targetName":"projects/c0000000000000000001/devices/emuc0000000000000000a","eventType":"touch","data":{"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}},"timestamp":"2025-01-02T03:04:05.678901Z"},"labels":{"room":"99"},"metadata":{"deviceId":"emuc0000000000000000a","projectId":"c0000000000000000001","deviceType":"touch","productNumber":""}})";
constexpr char kSha1[] = "5a2738c98f7b9d6a6bf59c712625828f69814950";
constexpr char kSha256[] =
    "eaa323e38578f54d7169cd527195cb34f49add277c861831ecbfb03ff472a629";
constexpr int64_t kIat = 1735787045;
constexpr int64_t kExp = 1735790645;
constexpr char kSignature[] =
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJjaGVja3N1bSI6IjVhMjczOGM5OGY3YjlkNmE2YmY1OWM3MTI2MjU4MjhmNjk4MTQ5NTAiLC"
    "JjaGVja3N1bV9zaGEyNTYiOiJlYWEzMjNlMzg1NzhmNTRkNzE2OWNkNTI3MTk1Y2IzNGY0OWFk"
    "ZDI3N2M4NjE4MzFlY2JmYjAzZmY0NzJhNjI5IiwiZXhwIjoxNzM1NzkwNjQ1LCJpYXQiOjE3Mz"
    "U3ODcwNDUsImp0aSI6ImNxcjAwMDAwMDAwMDAwMDAwMDFnIn0."
    "S-L9KQPRl1ON-IkOUBWlL3f_5MLU0hfVaf8--_7p2Fw";

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

std::string Sign(const std::string& claims, const std::string& secret = kSecret,
                 const std::string& header = R"({"alg":"HS256","typ":"JWT"})") {
  return SignJwt(header, claims, secret);
}

// "OK", or why a signature of kBody was refused.
std::string Verdict(const std::string& signature, absl::Time now = At(kIat),
                    std::vector<std::string> secrets = {kSecret},
                    const std::string& body = kBody) {
  const absl::Status status = CheckPushSignature(signature, body, secrets, now,
                                                 /*leeway=*/absl::Minutes(1));
  if (status.ok()) return "OK";
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated) << status;
  return std::string(status.message());
}

std::string Claims(const std::string& more = "") {
  return absl::StrCat(R"({"checksum":")", kSha1, R"(","checksum_sha256":")",
                      kSha256, R"(","exp":)", kExp, more, "}");
}

TEST(PushSignatureTest, TakesAKnownPush) {
  ASSERT_EQ(sizeof(kBody) - 1, 389u);
  EXPECT_EQ(Verdict(kSignature), "OK");
}

TEST(PushSignatureTest, TakesAnyOfTheSecrets) {
  EXPECT_EQ(Verdict(kSignature, At(kIat), {"old", kSecret, "next"}), "OK");
  EXPECT_EQ(Verdict(kSignature, At(kIat), {"old"}),
            "it was signed with another secret");
  EXPECT_EQ(Verdict(kSignature, At(kIat), {}),
            "it was signed with another secret");
}

TEST(PushSignatureTest, RefusesAnotherBody) {
  std::string body = kBody;
  body[100] ^= 1;
  EXPECT_EQ(Verdict(kSignature, At(kIat), {kSecret}, body),
            "checksum_sha256 is of another body");
  EXPECT_EQ(Verdict(kSignature, At(kIat), {kSecret}, std::string(kBody) + "\n"),
            "checksum_sha256 is of another body");
}

TEST(PushSignatureTest, ChecksBothDigests) {
  EXPECT_EQ(Verdict(Sign(Claims())), "OK");
  EXPECT_EQ(Verdict(Sign(absl::StrReplaceAll(Claims(), {{kSha1, kSha256}}))),
            "checksum is of another body");
  EXPECT_EQ(Verdict(Sign(absl::StrReplaceAll(Claims(), {{"5a27", "5a28"}}))),
            "checksum is of another body");
  EXPECT_EQ(Verdict(Sign(absl::StrReplaceAll(Claims(), {{"eaa3", "eaa4"}}))),
            "checksum_sha256 is of another body");
  EXPECT_EQ(Verdict(Sign(absl::StrReplaceAll(
                Claims(), {{kSha256, absl::AsciiStrToUpper(kSha256)}}))),
            "checksum_sha256 is of another body");
  // SHA-1 alone proves nothing today.
  EXPECT_EQ(Verdict(Sign(absl::StrCat(R"({"checksum":")", kSha1, R"(","exp":)",
                                      kExp, "}"))),
            "the signature has no checksum_sha256");
  EXPECT_EQ(Verdict(Sign(absl::StrCat(R"({"checksum_sha256":")", kSha256,
                                      R"(","exp":)", kExp, "}"))),
            "OK");
  EXPECT_EQ(
      Verdict(Sign(absl::StrCat(R"({"checksum_sha256":1,"exp":)", kExp, "}"))),
      "checksum_sha256 is of another body");
}

TEST(PushSignatureTest, IsGoodFromIatToExpGiveOrTakeTheLeeway) {
  EXPECT_EQ(Verdict(kSignature, At(kIat - 60)), "OK");
  EXPECT_EQ(Verdict(kSignature, At(kIat - 61)),
            "the signature is of the future; check this machine's clock");
  EXPECT_EQ(Verdict(kSignature, At(kExp + 59)), "OK");
  EXPECT_EQ(Verdict(kSignature, At(kExp + 60)), "the signature has expired");
  EXPECT_EQ(Verdict(Sign(R"({"iat":1735787045})")),
            "the signature has no end (exp)");
  for (const char* time : {"null", "\"1735790645\"", "-1", "1e300", "[]"}) {
    EXPECT_EQ(Verdict(Sign(absl::StrCat(R"({"exp":)", time, "}"))),
              "the signature's end (exp) is no time")
        << time;
    EXPECT_EQ(Verdict(Sign(Claims(absl::StrCat(R"(,"iat":)", time)))),
              "the signature's time (iat) is no time")
        << time;
  }
}

TEST(PushSignatureTest, TakesNoOtherAlgorithm) {
  for (const char* header :
       {R"({"alg":"none"})", R"({"alg":"HS512"})", R"({"alg":"RS256"})",
        R"({"typ":"JWT"})", R"({"alg":"hs256"})"}) {
    EXPECT_EQ(Verdict(Sign(Claims(), kSecret, header)),
              "the token's algorithm is not HS256")
        << header;
  }
}

TEST(PushSignatureTest, SaysWhatIsNoToken) {
  EXPECT_EQ(Verdict(""), "a token has three parts");
  EXPECT_EQ(Verdict("a.b.c.d"), "a token has three parts");
  EXPECT_EQ(Verdict("..").find("the token's header"), 0u);
  std::string cut = kSignature;
  cut.pop_back();
  EXPECT_EQ(Verdict(cut), "it was signed with another secret");
}

}  // namespace
}  // namespace sluice::disruptive
