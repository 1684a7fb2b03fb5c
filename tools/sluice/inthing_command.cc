#include "tools/sluice/inthing_command.h"

#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "boost/json.hpp"
#include "pipeline/json/json_text.h"
#include "pipeline/json/json_value.h"
#include "plugins/inthing/capture.h"
#include "plugins/inthing/image.h"
#include "plugins/inthing/inthing_error.h"
#include "plugins/inthing/inthing_stream.h"
#include "plugins/inthing/local_file.h"
#include "plugins/inthing/screenshot.h"
#include "plugins/inthing/text_limits.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sluice/browser.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/http_session.h"

namespace sluice {
namespace {

using inthing::InthingClient;
using inthing::InthingStream;
using inthing::Post;
using inthing::PostedEvent;
using inthing::Stream;
using inthing::v1::Error;

// More than any text that is posted, in bytes.
constexpr size_t kMaxCodeBytes = size_t{1} << 20;
constexpr size_t kMaxPasswordBytes = 4096;

// An argument or a file that cannot be, and not something that went wrong.
bool IsUsage(const absl::Status& status) {
  const Error::Class error_class = inthing::ErrorClassOf(status);
  if (error_class == Error::CONFIG) return true;
  return error_class == Error::IO && !absl::IsFailedPrecondition(status) &&
         !absl::IsUnavailable(status);
}

int Fail(const absl::Status& status, std::ostream& err) {
  const std::optional<Error> error = inthing::ErrorOf(status);
  err << "sluice: " << Printable(ToStd(status.message()));
  if (error.has_value() && error->error_class() == Error::RATE_LIMITED) {
    err << "; try again in " << error->retry_after().seconds() + 1
        << " s, or let --wait do so";
  }
  if (error.has_value() && error->maybe_stored()) {
    err << "; the event may be there all the same";
  }
  err << "\n";
  return IsUsage(status) ? kExitUsage : kExitFailure;
}

// The client, and what it stands on, for one request.
struct Connection {
  Connection(const InthingOptions& options, std::string base_url,
             HttpSession& session)
      : client({.base_url = std::move(base_url),
                .ca_file = options.ca_file,
                .timeout = options.timeout},
               session.http(), &random) {}

  std::mt19937_64 engine{std::random_device()()};
  absl::BitGenRef random{engine};
  InthingClient client;
  std::unique_ptr<InthingStream> stream;
  std::unique_ptr<InthingStream::Call> post;
  std::unique_ptr<HttpCall> call;
};

absl::StatusOr<Stream> StreamOf(const InthingOptions& options,
                                const std::string& base_url) {
  std::string password;
  if (!options.password_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(
        password,
        inthing::ReadLocalFile(options.password_file, kMaxPasswordBytes));
    absl::StripTrailingAsciiWhitespace(&password);
  }
  return inthing::ChooseStream(options.id, password, base_url);
}

// `post` with what the options say about every post.
Post WithOptions(const InthingOptions& options, Post post) {
  if (!options.title.empty()) post.title = options.title;
  if (!options.description.empty()) post.description = options.description;
  post.markup = options.markup;
  post.priority = options.priority;
  post.generator = options.generator;
  post.code_language = absl::AsciiStrToLower(options.language);
  post.time_unix_seconds = options.time_unix_seconds;
  return post;
}

absl::StatusOr<PostedEvent> Send(const InthingOptions& options, Post post) {
  SLUICE_ASSIGN_OR_RETURN(const std::string base_url,
                          inthing::ChooseBaseUrl(options.service));
  SLUICE_ASSIGN_OR_RETURN(const Stream stream, StreamOf(options, base_url));
  post = WithOptions(options, std::move(post));
  SLUICE_RETURN_IF_ERROR(inthing::AsConfigError(inthing::ValidatePost(post)));
  HttpSession session;
  using Answer = absl::StatusOr<PostedEvent>;
  return session.Await<Answer>([&](auto done) {
    auto connection = std::make_unique<Connection>(options, base_url, session);
    connection->stream = std::make_unique<InthingStream>(
        &connection->client, session.executor(), stream,
        inthing::InthingStreamOptions{.max_rate_limit_wait = options.wait});
    connection->post =
        connection->stream->Add(std::move(post), std::move(done));
    return connection;
  });
}

// What is wrong with the options, before anything is waited for.
absl::Status Check(const InthingOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string base_url,
                          inthing::ChooseBaseUrl(options.service));
  SLUICE_RETURN_IF_ERROR(StreamOf(options, base_url).status());
  return inthing::AsConfigError(inthing::ValidatePost(
      WithOptions(options, inthing::TextPost(options.text))));
}

// Prints and opens what was posted.
int Show(const InthingOptions& options,
         const absl::StatusOr<PostedEvent>& event, std::ostream& out,
         std::ostream& err) {
  if (!event.ok()) return Fail(event.status(), err);
  if (options.output == OutputFormat::kJson) {
    out << JsonText(boost::json::object{{"id", event->id}, {"url", event->url}})
        << "\n";
  } else if (options.show_url) {
    out << Printable(event->url) << "\n";
  }
  if (options.browse) {
    const absl::Status opened = OpenInBrowser(event->url);
    if (!opened.ok()) return Fail(opened, err);
  }
  return kExitOk;
}

// Line ends as Python reads them, without what is not UTF-8.
std::string ToPlainText(const std::string& bytes) {
  return ToUtf8(absl::StrReplaceAll(bytes, {{"\r\n", "\n"}, {"\r", "\n"}}));
}

absl::StatusOr<inthing::CommandOutput> Capture(const InthingOptions& options,
                                               std::istream& in,
                                               std::ostream& out) {
  if (!options.command.empty()) {
    return inthing::CaptureCommand(
        options.command, options.with_stderr, [&](std::string_view piece) {
          out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
          out.flush();
        });
  }
  inthing::CapturedText captured;
  std::string piece(4096, '\0');
  while (in.good()) {
    // What is there already, at least one byte: lines show at once.
    in.read(piece.data(), 1);
    if (in.gcount() == 0) break;
    const std::streamsize more = in.readsome(
        piece.data() + 1, static_cast<std::streamsize>(piece.size()) - 1);
    const std::string_view read(piece.data(), static_cast<size_t>(more) + 1);
    captured.Add(read);
    out << read << std::flush;
  }
  return inthing::CommandOutput{captured.Text(), captured.was_cut()};
}

struct StreamPage {
  std::string id;
  std::string url;
};

absl::StatusOr<StreamPage> PageOf(const InthingOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string base_url,
                          inthing::ChooseBaseUrl(options.service));
  SLUICE_ASSIGN_OR_RETURN(const Stream stream,
                          inthing::ChooseStream(options.id, "", base_url));
  return StreamPage{stream.id, inthing::StreamUrl(base_url, stream.id)};
}

absl::StatusOr<inthing::NewStream> MakeStream(const InthingOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string base_url,
                          inthing::ChooseBaseUrl(options.service));
  HttpSession session;
  using Answer = absl::StatusOr<inthing::NewStream>;
  return session.Await<Answer>([&](auto done) {
    auto connection = std::make_unique<Connection>(options, base_url, session);
    connection->call = connection->client.MakeStream(std::move(done));
    return connection;
  });
}

}  // namespace

int RunInthingNew(const InthingOptions& options, std::ostream& out,
                  std::ostream& err) {
  const absl::StatusOr<inthing::NewStream> stream = MakeStream(options);
  if (!stream.ok()) return Fail(stream.status(), err);
  if (options.output == OutputFormat::kJson) {
    out << JsonText(
               boost::json::object{{"id", stream->id}, {"url", stream->url}})
        << "\n";
  } else {
    out << FormatTable({{"id", Printable(stream->id)},
                        {"page", Printable(stream->url)}})
        << "Nobody owns it: open the page to claim it.\n";
  }
  if (!options.browse) return kExitOk;
  const absl::Status opened = OpenInBrowser(stream->url);
  return opened.ok() ? kExitOk : Fail(opened, err);
}

int RunInthingText(const InthingOptions& options, std::ostream& out,
                   std::ostream& err) {
  return Show(options, Send(options, inthing::TextPost(options.text)), out,
              err);
}

int RunInthingCode(const InthingOptions& options, std::ostream& out,
                   std::ostream& err) {
  const absl::StatusOr<std::string> code =
      inthing::ReadLocalFile(options.file, kMaxCodeBytes);
  if (!code.ok()) return Fail(code.status(), err);
  return Show(options, Send(options, inthing::CodePost(ToPlainText(*code))),
              out, err);
}

int RunInthingImage(const InthingOptions& options, std::ostream& out,
                    std::ostream& err) {
  absl::StatusOr<inthing::Image> image = inthing::ReadImage(options.file);
  if (!image.ok()) return Fail(image.status(), err);
  return Show(options, Send(options, inthing::ImagePost(*std::move(image))),
              out, err);
}

int RunInthingScreenshot(const InthingOptions& options, std::ostream& out,
                         std::ostream& err) {
  const absl::Status good = Check(options);
  if (!good.ok()) return Fail(good, err);
  std::this_thread::sleep_for(absl::ToChronoMilliseconds(options.delay));
  absl::StatusOr<inthing::Image> image = options.file.empty()
                                             ? inthing::TakeScreenshot()
                                             : inthing::ReadImage(options.file);
  if (!image.ok()) return Fail(image.status(), err);
  Post post = inthing::ScreenshotPost(*std::move(image));
  // The title that the official command gives, unlike its library.
  post.title = "Screenshot";
  return Show(options, Send(options, std::move(post)), out, err);
}

int RunInthingCapture(const InthingOptions& options, std::istream& in,
                      std::ostream& out, std::ostream& err) {
  const absl::Status good = Check(options);
  if (!good.ok()) return Fail(good, err);
  // Standard output is for the one JSON document.
  const absl::StatusOr<inthing::CommandOutput> output =
      Capture(options, in, options.output == OutputFormat::kJson ? err : out);
  if (!output.ok()) return Fail(output.status(), err);
  if (output->was_cut) {
    err << "sluice: only the first " << inthing::CountCodePoints(output->text)
        << " characters fit into the post\n";
  }
  Post post = inthing::CapturePost(output->text);
  post.title = "Capture Event";
  const int code = Show(options, Send(options, std::move(post)), out, err);
  if (code != kExitOk || output->exit_code == 0) return code;
  err << "sluice: " << options.command[0] << " ended with " << output->exit_code
      << "\n";
  return kExitFailure;
}

int RunInthingUrl(const InthingOptions& options, std::ostream& out,
                  std::ostream& err) {
  const absl::StatusOr<StreamPage> page = PageOf(options);
  if (!page.ok()) return Fail(page.status(), err);
  if (options.output == OutputFormat::kJson) {
    out << JsonText(boost::json::object{{"id", page->id}, {"url", page->url}})
        << "\n";
  } else {
    out << page->url << "\n";
  }
  return kExitOk;
}

int RunInthingBrowse(const InthingOptions& options, std::ostream& out,
                     std::ostream& err) {
  const absl::StatusOr<StreamPage> page = PageOf(options);
  if (!page.ok()) return Fail(page.status(), err);
  const absl::Status opened = OpenInBrowser(page->url);
  if (!opened.ok()) return Fail(opened, err);
  return RunInthingUrl(options, out, err);
}

}  // namespace sluice
