#include "tools/sandbox/inthing/inthing_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr std::array<std::pair<InthingMode, std::string_view>, 3> kModes = {{
    {InthingMode::kLenient, "lenient"},
    {InthingMode::kStrict, "strict"},
    {InthingMode::kPermissive, "permissive"},
}};

constexpr size_t kMaxTitle = 100;
constexpr size_t kMaxDescription = 16'384;
constexpr size_t kMaxText = 65'536;
constexpr size_t kMaxUserName = 30;
// 1 January 10000: the last second that a page can show.
constexpr double kMaxTime = 253'402'300'799;

bool IsOneOf(std::string_view value,
             std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), value) != known.end();
}

// By the first bytes; empty: no picture that a page can show.
std::string_view PictureType(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xD8\xFF")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG\r\n\x1A\n")) return "image/png";
  if (bytes.starts_with("GIF87a") || bytes.starts_with("GIF89a")) {
    return "image/gif";
  }
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) {
    return "image/webp";
  }
  if (bytes.starts_with("BM")) return "image/bmp";
  using namespace std::literals;
  if (bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv)) {
    return "image/tiff";
  }
  return {};
}

// "" is 0.
std::optional<int> ParsePriority(const std::string& text) {
  int priority = 0;
  if (text.empty()) return 0;
  if (!absl::SimpleAtoi(text, &priority)) return std::nullopt;
  return priority;
}

std::optional<absl::Time> ParseTime(const std::string& text) {
  double seconds = 0;
  if (!absl::SimpleAtod(text, &seconds) || !(std::abs(seconds) <= kMaxTime)) {
    return std::nullopt;
  }
  return absl::UnixEpoch() + absl::Seconds(seconds);
}

// What the site took without a word.
void CheckKnownValues(const InthingForm& form, FieldMessages* messages) {
  const std::string type = form.Get("type");
  if (!IsOneOf(type, {"", "text", "code", "image", "screenshot"})) {
    messages->emplace_back("type", "must be text, code, image or screenshot");
  }
  if (!IsOneOf(form.Get("markup"),
               {"", "text", "markdown", "html", "bbcode"})) {
    messages->emplace_back("markup", "must be text, markdown, html or bbcode");
  }
  if (!IsOneOf(
          absl::AsciiStrToLower(form.Get("code_language")),
          {"", "python", "ruby", "c", "cpp", "javascript", "html", "xml"})) {
    messages->emplace_back(
        "code_language",
        "must be python, ruby, c, cpp, javascript, html or xml");
  }
  const std::optional<int> priority = ParsePriority(form.Get("priority"));
  if (priority.has_value() && (*priority < -2 || *priority > 2)) {
    messages->emplace_back("priority", "must be a number from -2 to 2");
  }
  for (const auto& [field, most] :
       {std::pair("title", kMaxTitle), std::pair("generator", kMaxTitle),
        std::pair("description", kMaxDescription),
        std::pair("text", kMaxText)}) {
    if (CodePoints(form.Get(field)) <= most) continue;
    messages->emplace_back(
        field, absl::StrCat("must have at most ", most, " characters"));
  }
}

}  // namespace

std::string_view InthingModeName(InthingMode mode) {
  for (const auto& [each, name] : kModes) {
    if (each == mode) return name;
  }
  return {};
}

std::optional<InthingMode> ParseInthingMode(std::string_view name) {
  for (const auto& [mode, each] : kModes) {
    if (each == name) return mode;
  }
  return std::nullopt;
}

std::string SlugOf(std::string_view title) {
  std::string slug;
  bool gap = false;
  for (const char c : title) {
    const bool is_word =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_';
    if (is_word) {
      if (gap && !slug.empty()) slug.push_back('-');
      slug.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
    }
    // Anything else is left out without a trace.
    gap = is_word ? false : gap || c == ' ' || c == '-';
  }
  return slug;
}

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

bool IsUserName(std::string_view name) {
  // TL/data/moya.auth/reserved_usernames.json, and the site's short paths.
  return !name.empty() && name.size() <= kMaxUserName &&
         std::all_of(
             name.begin(), name.end(),
             [](char c) {
               return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
                      c == '-' || c == '_';
             }) &&
         !IsOneOf(absl::AsciiStrToLower(ToAbsl(name)),
                  {"in", "debug", "api", "home", "dash", "tag", "admin", "s",
                   "e", "a"});
}

FieldMessages CheckFields(const InthingForm& form, InthingMode mode) {
  FieldMessages messages;
  if (form.Get("title").empty()) {
    messages.emplace_back("title", "This field is required");
  }
  if (mode == InthingMode::kLenient) CheckKnownValues(form, &messages);
  if (mode != InthingMode::kStrict) {
    if (!ParsePriority(form.Get("priority")).has_value()) {
      messages.emplace_back("priority", "must be a number from -2 to 2");
    }
    const std::string time = form.Get("time");
    if (!time.empty() && !ParseTime(time).has_value()) {
      messages.emplace_back("time", "must be seconds since 1970");
    }
  }
  if (form.Get("type") == "image" && form.image() == nullptr) {
    messages.emplace_back("image", "Required for image type");
  }
  return messages;
}

absl::StatusOr<InthingEvent> ReadEvent(const InthingForm& form,
                                       absl::Time now) {
  InthingEvent event;
  // A page is text, whatever was posted.
  const auto text = [&](const char* field) { return ToUtf8(form.Get(field)); };
  const auto or_else = [&](const char* field, const char* standard) {
    std::string value = text(field);
    return value.empty() ? std::string(standard) : value;
  };
  const std::optional<int> priority = ParsePriority(form.Get("priority"));
  if (!priority.has_value()) {
    return absl::InvalidArgumentError("priority may not be NULL");
  }
  event.time = ParseTime(form.Get("time")).value_or(now);
  event.title = text("title");
  event.type = or_else("type", "text");
  event.priority = *priority;
  event.markup = or_else("markup", "markdown");
  event.description = text("description");
  event.text = text("text");
  event.generator = or_else("generator", "inthing api");
  event.code_language = absl::AsciiStrToLower(text("code_language"));
  event.tags = TagsOf(event.description);
  if (form.image() == nullptr) return event;
  event.image_type = PictureType(form.image()->bytes);
  if (event.image_type.empty()) {
    return absl::InvalidArgumentError("cannot identify image file");
  }
  event.image = form.image()->bytes;
  event.image_name = ToUtf8(form.image()->name);
  event.image_part_type = ToUtf8(form.image()->media_type);
  return event;
}

}  // namespace sluice::sandbox
