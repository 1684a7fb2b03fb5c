#include "pipeline/http/curl_status.h"

#include <curl/curl.h>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(CurlStatusTest, EachKindOfErrorHasItsCode) {
  const struct {
    CURLcode code;
    bool sent;
    absl::StatusCode want;
  } kCases[] = {
      {CURLE_OK, true, absl::StatusCode::kOk},
      {CURLE_COULDNT_CONNECT, false, absl::StatusCode::kUnavailable},
      {CURLE_COULDNT_RESOLVE_HOST, false, absl::StatusCode::kUnavailable},
      {CURLE_GOT_NOTHING, true, absl::StatusCode::kUnavailable},
      {CURLE_PARTIAL_FILE, true, absl::StatusCode::kUnavailable},
      {CURLE_RECV_ERROR, true, absl::StatusCode::kUnavailable},
      {CURLE_SEND_ERROR, false, absl::StatusCode::kUnavailable},
      {CURLE_SSL_CONNECT_ERROR, false, absl::StatusCode::kUnavailable},
      {CURLE_HTTP2_STREAM, true, absl::StatusCode::kUnavailable},
      {CURLE_OPERATION_TIMEDOUT, true, absl::StatusCode::kDeadlineExceeded},
      {CURLE_PEER_FAILED_VERIFICATION, false,
       absl::StatusCode::kFailedPrecondition},
      {CURLE_SSL_CACERT_BADFILE, false, absl::StatusCode::kFailedPrecondition},
      {CURLE_URL_MALFORMAT, false, absl::StatusCode::kInvalidArgument},
      {CURLE_UNSUPPORTED_PROTOCOL, false, absl::StatusCode::kInvalidArgument},
      {CURLE_UNSUPPORTED_PROTOCOL, true, absl::StatusCode::kUnavailable},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(CurlStatus(test.code, test.sent, "", "").code(), test.want)
        << curl_easy_strerror(test.code);
  }
}

TEST(CurlStatusTest, SaysWhereAndWhy) {
  EXPECT_EQ(CurlStatus(CURLE_RECV_ERROR, true, "http://h:1", "reset by peer")
                .message(),
            "http://h:1: reset by peer");
  EXPECT_EQ(CurlStatus(CURLE_GOT_NOTHING, true, "", "").message(),
            curl_easy_strerror(CURLE_GOT_NOTHING));
}

TEST(UrlOriginTest, LeavesOutWhatMayBeSecret) {
  EXPECT_EQ(UrlOrigin("https://h:8/p?api_key=s"), "https://h:8");
  EXPECT_EQ(UrlOrigin("https://h?api_key=s"), "https://h");
  EXPECT_EQ(UrlOrigin("https://h#x"), "https://h");
  EXPECT_EQ(UrlOrigin("https://user:secret@h/p"), "h");
  EXPECT_EQ(UrlOrigin("https://user:se@cret@h/p@q"), "h");
  EXPECT_EQ(UrlOrigin("http://[::1]:80/"), "http://[::1]:80");
  EXPECT_EQ(UrlOrigin("nonsense"), "");
}

}  // namespace
}  // namespace sluice
