#include "plugins/inthing/post_maker.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "plugins/inthing/text_limits.h"
#include "storage/base/status_macros.h"

namespace sluice::inthing {
namespace {

// Clocks of devices and services differ a little.
constexpr absl::Duration kMaxFuture = absl::Minutes(5);
// A payload that leaves less room than this is cut short anyway.
constexpr size_t kMinDescription = 256;

// A fence longer than any run of backticks in `text`
// (https://spec.commonmark.org/0.30/#fenced-code-blocks).
std::string FenceFor(std::string_view text) {
  size_t longest = 0;
  size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return std::string(std::max<size_t>(3, longest + 1), '`');
}

// A payload that a person can read.
bool IsPlainText(std::string_view text) {
  return IsUtf8(text) && text.find('\0') == std::string_view::npos;
}

std::string TimeText(const EventView& event) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", event.time(),
                          absl::UTCTimeZone());
}

// `path` below `folder`, both without links; what an event says must not lead
// out of there.
absl::StatusOr<std::string> PathWithin(const std::string& folder,
                                       const std::string& path) {
  if (path.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError("the path has a zero byte");
  }
  const std::unique_ptr<char, decltype(&free)> resolved(
      realpath(absl::StrCat(folder, "/", path).c_str(), nullptr), &free);
  if (resolved == nullptr) {
    return absl::NotFoundError(absl::StrCat(path, ": no such file"));
  }
  const std::string inside = folder == "/" ? folder : folder + "/";
  if (absl::StartsWith(resolved.get(), inside)) return resolved.get();
  return absl::PermissionDeniedError(
      absl::StrCat(path, ": lies outside of ", folder));
}

}  // namespace

absl::StatusOr<Post> PostMaker::Make(const EventView& event, absl::Time now) {
  input_.Reset(event);
  Post post;
  post.markup = rules_.markup;
  SLUICE_RETURN_IF_ERROR(SetTitle(event, &post));
  SLUICE_RETURN_IF_ERROR(SetDescription(event, &post));
  post.type = rules_.type;
  if (post.type == "code") SLUICE_RETURN_IF_ERROR(SetCode(&post));
  if (rules_.image.has_value()) SLUICE_RETURN_IF_ERROR(SetImage(&post));
  if (rules_.generator.has_value()) {
    std::string text;
    SLUICE_RETURN_IF_ERROR(Render(*rules_.generator, &text));
    post.generator = OneLine(text);
  }
  if (post.generator.empty()) post.generator = rules_.host_name;
  Truncate(kMaxGenerator, &post.generator);
  post.priority = rules_.priority;
  for (const PostRules::PriorityRule& rule : rules_.priority_rules) {
    if (!rule.when.Matches(input_)) continue;
    post.priority = rule.priority;
    break;
  }
  if (event.has_time() && event.time() <= now + kMaxFuture) {
    post.time_unix_seconds = absl::ToUnixSeconds(event.time());
  }
  return post;
}

absl::Status PostMaker::Render(const Template& rule, std::string* text) {
  SLUICE_RETURN_IF_ERROR(rule.Render(input_, text));
  // An event may hold any bytes; a post is text.
  *text = ToUtf8(*text);
  return absl::OkStatus();
}

absl::Status PostMaker::SetTitle(const EventView& event, Post* post) {
  std::string title;
  if (rules_.title.has_value()) {
    SLUICE_RETURN_IF_ERROR(Render(*rules_.title, &title));
  } else {
    const Reading reading = readings_.Find(event);
    title = absl::StrCat(DeviceName(event), ": ", std::string(event.type()),
                         reading.text.empty() ? "" : " ", reading.text);
  }
  title = OneLine(ToUtf8(title));
  if (title.empty()) {
    return absl::InvalidArgumentError("title: it renders to nothing");
  }
  Truncate(kMaxTitle, &title);
  post->title = std::move(title);
  return absl::OkStatus();
}

absl::Status PostMaker::SetDescription(const EventView& event, Post* post) {
  SLUICE_ASSIGN_OR_RETURN(std::string tags, Hashtags());
  Truncate(kMaxDescription - kMinDescription, &tags);
  const size_t room = kMaxDescription - CountCodePoints(tags);
  std::string description;
  if (rules_.description.has_value()) {
    SLUICE_RETURN_IF_ERROR(Render(*rules_.description, &description));
  } else if (rules_.type == "text") {
    // Asked not to cut, it may grow too long and is refused below.
    description = ToUtf8(
        DefaultDescription(event, rules_.truncate ? room : std::string::npos));
  }
  SLUICE_RETURN_IF_ERROR(Fit("description", room, &description));
  post->description = std::move(description);
  post->description.append(tags);
  return absl::OkStatus();
}

absl::Status PostMaker::SetCode(Post* post) {
  post->code_language = rules_.code_language;
  SLUICE_RETURN_IF_ERROR(Render(*rules_.code, &post->text));
  return Fit("code", kMaxText, &post->text);
}

absl::Status PostMaker::SetImage(Post* post) {
  absl::StatusOr<Image> image = FindImage();
  if (image.ok()) {
    post->image = *std::move(image);
    return absl::OkStatus();
  }
  if (rules_.image->post_without) {
    post->type = "text";
    return absl::OkStatus();
  }
  return absl::DataLossError(
      absl::StrCat("image: ", std::string(image.status().message())));
}

absl::StatusOr<Image> PostMaker::FindImage() {
  const ImageRule& rule = *rules_.image;
  std::string text;
  if (rule.path.has_value()) {
    SLUICE_RETURN_IF_ERROR(rule.path->Render(input_, &text));
    SLUICE_ASSIGN_OR_RETURN(const std::string path,
                            PathWithin(rule.folder, text));
    return ReadImage(path, rule.max_bytes);
  }
  SLUICE_RETURN_IF_ERROR(rule.base64->Render(input_, &text));
  absl::string_view encoded = text;
  if (absl::StartsWith(encoded, "data:")) {
    encoded.remove_prefix(std::min(encoded.find(',') + 1, encoded.size()));
  }
  std::string bytes;
  if (!absl::Base64Unescape(encoded, &bytes)) {
    return absl::InvalidArgumentError("is no base64");
  }
  return MakeImage(std::move(bytes), "image", rule.max_bytes);
}

std::string PostMaker::DefaultDescription(const EventView& event,
                                          size_t max_code_points) const {
  const bool markdown = rules_.markup == "markdown";
  const auto escape = [markdown](std::string_view text) {
    return markdown ? EscapeMarkdown(text) : std::string(text);
  };
  std::string text =
      markdown ? absl::StrCat("**", escape(DeviceName(event)), "** reported *",
                              escape(event.type()), "*")
               : absl::StrCat(DeviceName(event), " reported ",
                              std::string(event.type()));
  if (event.has_time()) absl::StrAppend(&text, " at ", TimeText(event));
  if (event.data().empty()) return text;
  if (!IsPlainText(event.data())) {
    absl::StrAppend(&text, "\n\n", event.data().size(), " bytes of ",
                    event.datacontenttype().empty()
                        ? "data"
                        : escape(event.datacontenttype()));
    return text;
  }
  std::string data(event.data());
  const std::string fence = markdown ? FenceFor(data) : "";
  const size_t used = CountCodePoints(text) + 2 * fence.size() + 4;
  Truncate(max_code_points > used ? max_code_points - used : 1, &data);
  absl::StrAppend(&text, "\n\n", fence, markdown ? "\n" : "", data,
                  markdown ? "\n" : "", fence);
  return text;
}

absl::StatusOr<std::string> PostMaker::Hashtags() {
  std::string tags;
  for (const Template& rule : rules_.hashtags) {
    std::string text;
    SLUICE_RETURN_IF_ERROR(Render(rule, &text));
    const std::string tag = Hashtag(OneLine(text));
    if (!tag.empty()) {
      absl::StrAppend(&tags, tags.empty() ? "\n\n" : " ", tag);
    }
  }
  return tags;
}

absl::Status PostMaker::Fit(const char* field, size_t max_code_points,
                            std::string* text) const {
  if (rules_.truncate) {
    Truncate(max_code_points, text);
    return absl::OkStatus();
  }
  const size_t size = CountCodePoints(*text);
  if (size <= max_code_points) return absl::OkStatus();
  return absl::OutOfRangeError(absl::StrCat(
      field, ": ", size, " characters, but ", max_code_points, " are allowed"));
}

}  // namespace sluice::inthing
