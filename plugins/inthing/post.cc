#include "plugins/inthing/post.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "pipeline/json/json_text.h"
#include "plugins/inthing/text_limits.h"
#include "storage/base/status_macros.h"

namespace sluice::inthing {
namespace {

constexpr std::array<const char*, 4> kTypes = {"text", "code", "image",
                                               "screenshot"};
constexpr std::array<const char*, 4> kMarkups = {"markdown", "text", "html",
                                                 "bbcode"};
constexpr std::array<const char*, 7> kLanguages = {
    "python", "ruby", "c", "cpp", "javascript", "html", "xml"};

Post MakePost(const char* type, const char* title) {
  Post post;
  post.type = type;
  post.title = title;
  return post;
}

template <size_t N>
absl::Status CheckKnown(const char* field, const std::string& value,
                        const std::array<const char*, N>& known) {
  if (std::find(known.begin(), known.end(), value) != known.end()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(field, ": \"", value,
                                                 "\" is unknown; give ",
                                                 absl::StrJoin(known, ", ")));
}

absl::Status CheckText(const char* field, const std::string& text,
                       size_t limit) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat(field, ": is not UTF-8"));
  }
  const size_t size = CountCodePoints(text);
  if (size <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      field, ": ", size, " characters, but ", limit, " are allowed"));
}

}  // namespace

Post TextPost(std::string text) {
  Post post = MakePost("text", "Text");
  post.description = std::move(text);
  return post;
}

Post CodePost(std::string code, std::string language) {
  Post post = MakePost("code", "Code");
  post.text = std::move(code);
  post.code_language = std::move(language);
  return post;
}

Post ImagePost(Image image) {
  Post post = MakePost("image", "New Photo");
  post.image = std::move(image);
  return post;
}

Post ScreenshotPost(Image image) {
  Post post = MakePost("screenshot", "New Screenshot");
  post.image = std::move(image);
  return post;
}

Post CapturePost(std::string output) {
  Post post = MakePost("code", "Captured output");
  post.text = std::move(output);
  return post;
}

absl::Status ValidatePost(const Post& post) {
  if (post.title.empty()) return absl::InvalidArgumentError("title: is empty");
  SLUICE_RETURN_IF_ERROR(CheckText("title", post.title, kMaxTitle));
  SLUICE_RETURN_IF_ERROR(CheckText("generator", post.generator, kMaxGenerator));
  SLUICE_RETURN_IF_ERROR(
      CheckText("description", post.description, kMaxDescription));
  SLUICE_RETURN_IF_ERROR(CheckText("text", post.text, kMaxText));
  SLUICE_RETURN_IF_ERROR(CheckKnown("type", post.type, kTypes));
  SLUICE_RETURN_IF_ERROR(CheckKnown("markup", post.markup, kMarkups));
  if (!post.code_language.empty()) {
    SLUICE_RETURN_IF_ERROR(
        CheckKnown("code_language", post.code_language, kLanguages));
  }
  if (post.priority < -2 || post.priority > 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("priority: ", post.priority, " is not within -2 to 2"));
  }
  const bool shows_image = post.type == "image" || post.type == "screenshot";
  if (shows_image && !post.image.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat("image: type ", post.type, " needs one"));
  }
  return absl::OkStatus();
}

}  // namespace sluice::inthing
