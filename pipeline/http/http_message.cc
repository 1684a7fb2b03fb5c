#include "pipeline/http/http_message.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/beast/http/status.hpp"

namespace sluice {
namespace {

// Framing headers are the server's to set.
bool IsFraming(const std::string& name) {
  return absl::EqualsIgnoreCase(name, "Content-Length") ||
         absl::EqualsIgnoreCase(name, "Transfer-Encoding");
}

// A line break in a value would begin a header of somebody's choosing.
void AppendSafely(const std::string& text, std::string* out) {
  const size_t start = out->size();
  out->append(text);
  std::replace_if(
      out->begin() + static_cast<std::ptrdiff_t>(start), out->end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
}

void AppendDate(absl::Time now, std::string* out) {
  // The date changes once per second; printing it costs more than the rest.
  thread_local int64_t second = -1;
  thread_local std::string date;
  if (const int64_t this_second = absl::ToUnixSeconds(now);
      this_second != second) {
    date = FormatHttpDate(now);
    second = this_second;
  }
  absl::StrAppend(out, "Date: ", date, "\r\n");
}

}  // namespace

bool StatusForbidsBody(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

std::string FormatHead(int status, const HttpHeaders& headers,
                       HttpFraming framing, bool close, absl::Time now) {
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(
          static_cast<unsigned>(std::clamp(status, 0, 999))));
  std::string head;
  head.reserve(256);
  absl::StrAppend(&head, "HTTP/1.1 ", status, " ",
                  absl::string_view(reason.data(), reason.size()), "\r\n");
  bool has_date = false;
  for (const auto& [name, value] : headers) {
    if (IsFraming(name)) continue;
    has_date = has_date || absl::EqualsIgnoreCase(name, "Date");
    AppendSafely(name, &head);
    head.append(": ");
    AppendSafely(value, &head);
    head.append("\r\n");
  }
  if (!has_date) AppendDate(now, &head);
  if (framing.kind == HttpFraming::Kind::kLength) {
    absl::StrAppend(&head, "Content-Length: ", framing.length, "\r\n");
  } else if (framing.kind == HttpFraming::Kind::kChunked) {
    head.append("Transfer-Encoding: chunked\r\n");
  }
  if (close) head.append("Connection: close\r\n");
  head.append("\r\n");
  return head;
}

std::string FormatChunk(std::string_view bytes) {
  std::string chunk = absl::StrCat(absl::Hex(bytes.size()), "\r\n");
  chunk.reserve(chunk.size() + bytes.size() + 2);
  chunk.append(bytes);
  chunk.append("\r\n");
  return chunk;
}

std::string FormatHttpDate(absl::Time time) {
  return absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT", time,
                          absl::UTCTimeZone());
}

}  // namespace sluice
