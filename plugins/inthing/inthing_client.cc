#include "plugins/inthing/inthing_client.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "plugins/inthing/inthing_error.h"
#include "simdjson.h"

namespace sluice::inthing {
namespace {

using Fields = std::vector<std::pair<const char*, std::string>>;

// In the order of the official client; what it leaves out comes last.
Fields FieldsOf(const Stream& stream, const Post& post) {
  Fields fields;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) fields.emplace_back(name, value);
  };
  add("stream", stream.id);
  add("password", stream.password);
  add("title", post.title);
  add("type", post.type);
  add("priority", absl::StrCat(post.priority));
  add("markup", post.markup);
  add("description", post.description);
  add("text", post.text);
  add("generator", post.generator);
  add("code_language", post.code_language);
  if (post.time_unix_seconds.has_value()) {
    add("time", absl::StrCat(*post.time_unix_seconds));
  }
  return fields;
}

// application/x-www-form-urlencoded as Python's quote_plus writes it.
void AppendFormEncoded(const std::string& value, std::string* out) {
  constexpr char kHex[] = "0123456789ABCDEF";
  for (const char c : value) {
    const unsigned char byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '_' || c == '.' || c == '-' ||
        c == '~') {
      out->push_back(c);
    } else if (c == ' ') {
      out->push_back('+');
    } else {
      out->push_back('%');
      out->push_back(kHex[byte >> 4]);
      out->push_back(kHex[byte & 15]);
    }
  }
}

std::string UrlEncodedBody(const Fields& fields) {
  std::string body;
  for (const auto& [name, value] : fields) {
    if (!body.empty()) body.push_back('&');
    absl::StrAppend(&body, name, "=");
    AppendFormEncoded(value, &body);
  }
  return body;
}

// multipart/form-data (RFC 7578), the image last.
std::string MultipartBody(const Fields& fields, const Image& image,
                          const std::string& boundary) {
  std::string body;
  for (const auto& [name, value] : fields) {
    absl::StrAppend(&body, "--", boundary,
                    "\r\nContent-Disposition: form-data; name=\"", name,
                    "\"\r\n\r\n", value, "\r\n");
  }
  absl::StrAppend(&body, "--", boundary,
                  "\r\nContent-Disposition: form-data; name=\"image\"; "
                  "filename=\"",
                  image.file_name, "\"\r\nContent-Type: ", image.media_type,
                  "\r\n\r\n", image.bytes, "\r\n--", boundary, "--\r\n");
  return body;
}

// The stream that the result of `stream.new` tells of.
absl::StatusOr<NewStream> ReadNewStream(const RpcResult& result) {
  if (!result.ok()) return result.status();
  simdjson::dom::parser parser;
  const auto text = [object =
                         parser.parse(*result).get_object()](const char* name) {
    std::string_view value;
    return object[name].get_string().get(value) == simdjson::SUCCESS
               ? std::string(value)
               : std::string();
  };
  NewStream stream{text("id"), text("password"), text("url")};
  if (!stream.id.empty() && !stream.url.empty()) return stream;
  return MakeError(absl::StatusCode::kUnknown,
                   "the service's answer names no new stream",
                   v1::Error::BAD_RESPONSE);
}

absl::Status FailureStatus(const HttpFailure& failure) {
  return ToPostedEvent(ReadPostFailure(failure)).status();
}

}  // namespace

InthingClient::InthingClient(InthingClientOptions options, HttpClient* http,
                             absl::BitGenRef* random)
    : options_(std::move(options)), http_(http), random_(random) {}

std::unique_ptr<HttpCall> InthingClient::Send(
    const Stream& stream, const Post& post,
    absl::AnyInvocable<absl::Time()> now,
    absl::AnyInvocable<void(PostAnswer)> done) {
  return http_->Fetch(PostRequest(stream, post),
                      [now = std::move(now), done = std::move(done)](
                          HttpResponse response, HttpFailure failure) mutable {
                        done(failure.status.ok()
                                 ? ReadPostAnswer(response, now())
                                 : ReadPostFailure(failure));
                      });
}

std::unique_ptr<HttpCall> InthingClient::MakeStream(
    absl::AnyInvocable<void(absl::StatusOr<NewStream>)> done) {
  return Call({.method = "stream.new"},
              [done = std::move(done)](RpcResult result) mutable {
                done(ReadNewStream(result));
              });
}

std::unique_ptr<HttpCall> InthingClient::Call(
    const RpcCall& call, absl::AnyInvocable<void(RpcResult)> done) {
  return http_->Fetch(RpcRequest(RpcBody(call)),
                      [silent = call.is_notification, done = std::move(done)](
                          HttpResponse response, HttpFailure failure) mutable {
                        if (!failure.status.ok()) {
                          return done(FailureStatus(failure));
                        }
                        if (silent) return done("null");
                        done(ReadRpcAnswer(response));
                      });
}

std::unique_ptr<HttpCall> InthingClient::CallBatch(
    std::vector<RpcCall> calls,
    absl::AnyInvocable<void(absl::StatusOr<std::vector<RpcResult>>)> done) {
  HttpRequest request = RpcRequest(RpcBatchBody(calls));
  return http_->Fetch(std::move(request),
                      [calls = std::move(calls), done = std::move(done)](
                          HttpResponse response, HttpFailure failure) mutable {
                        if (!failure.status.ok()) {
                          return done(FailureStatus(failure));
                        }
                        done(ReadRpcBatchAnswer(response, calls));
                      });
}

HttpRequest InthingClient::MakeRequest(const char* path) const {
  HttpRequest request;
  request.method = "POST";
  std::string base = options_.base_url;
  while (absl::EndsWith(base, "/")) base.pop_back();
  // No redirect is ever followed: it would turn the POST into a GET.
  request.url = absl::StrCat(base, path);
  request.connect_timeout = options_.connect_timeout;
  request.total_timeout = options_.timeout;
  request.max_response_bytes = 1 << 20;
  request.tls.ca_file = options_.ca_file;
  request.headers = {{"User-Agent", "sluice"}, {"Accept", "*/*"}};
  return request;
}

HttpRequest InthingClient::RpcRequest(std::string body) const {
  HttpRequest request = MakeRequest("/api/public/");
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

HttpRequest InthingClient::PostRequest(const Stream& stream, const Post& post) {
  HttpRequest request = MakeRequest("/api/new-event/?format=json");
  const Fields fields = FieldsOf(stream, post);
  if (!post.image.has_value()) {
    request.headers.emplace_back("Content-Type",
                                 "application/x-www-form-urlencoded");
    request.body = UrlEncodedBody(fields);
    return request;
  }
  std::string boundary;
  for (int i = 0; i < 2; ++i) {
    absl::StrAppend(&boundary, absl::Hex((*random_)(), absl::kZeroPad16));
  }
  request.headers.emplace_back(
      "Content-Type", absl::StrCat("multipart/form-data; boundary=", boundary));
  request.body = MultipartBody(fields, *post.image, boundary);
  return request;
}

}  // namespace sluice::inthing
