#include "tools/sandbox/inthing/inthing_form.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr int kMaxParts = 1000;

// Takes a value off the start of `rest`: quoted, with backslashes before quotes
// and backslashes, or up to the next semicolon.
std::string TakeValue(std::string_view& rest) {
  std::string value;
  if (!rest.starts_with('"')) {
    const size_t end = std::min(rest.find(';'), rest.size());
    value = std::string(rest.substr(0, end));
    rest.remove_prefix(end);
    absl::StripTrailingAsciiWhitespace(&value);
    return value;
  }
  size_t at = 1;
  while (at < rest.size() && rest[at] != '"') {
    const bool escaped = rest[at] == '\\' && at + 1 < rest.size() &&
                         (rest[at + 1] == '"' || rest[at + 1] == '\\');
    if (escaped) ++at;
    value.push_back(rest[at++]);
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return value;
}

// The parameter `name` of a header such as
// `form-data; name="image"; filename="a.jpg"`; nullopt: it has none.
std::optional<std::string> HeaderParameter(std::string_view header,
                                           std::string_view name) {
  header.remove_prefix(std::min(header.find(';'), header.size()));
  while (!header.empty()) {
    const size_t begin = header.find_first_not_of("; \t");
    if (begin == std::string_view::npos) return std::nullopt;
    header.remove_prefix(begin);
    const size_t end = std::min(header.find_first_of("=;"), header.size());
    const std::string_view found = header.substr(0, end);
    header.remove_prefix(end);
    if (!header.starts_with('=')) continue;
    header.remove_prefix(1);
    std::string value = TakeValue(header);
    if (absl::EqualsIgnoreCase(ToAbsl(found), ToAbsl(name))) return value;
  }
  return std::nullopt;
}

// "filename" or "filename*" (RFC 5987) of a Content-Disposition header.
std::optional<std::string> FileName(std::string_view disposition) {
  if (const auto extended = HeaderParameter(disposition, "filename*")) {
    const size_t quote = extended->rfind('\'');
    return PercentDecode(std::string_view(*extended).substr(
        quote == std::string::npos ? 0 : quote + 1));
  }
  const auto plain = HeaderParameter(disposition, "filename");
  if (!plain.has_value()) return std::nullopt;
  return PercentDecode(*plain);
}

// What stands behind `name` and a colon in a part's head; empty: nothing.
std::string_view HeaderOf(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const size_t end = std::min(head.find("\r\n"), head.size());
    std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    if (line.size() <= name.size() || line[name.size()] != ':' ||
        !absl::StartsWithIgnoreCase(ToAbsl(line), ToAbsl(name))) {
      continue;
    }
    line.remove_prefix(name.size() + 1);
    return ToStd(absl::StripAsciiWhitespace(ToAbsl(line)));
  }
  return {};
}

// A line of `body` between two parts, or behind the last one.
struct Delimiter {
  size_t begin = std::string_view::npos;  // of the line break before it
  size_t end = std::string_view::npos;    // behind its own line break
  bool is_last = false;
};

// The first delimiter at or behind `from`. What only begins like one is part of
// the content. Nullopt: there is none.
std::optional<Delimiter> FindDelimiter(std::string_view body,
                                       std::string_view mark, size_t from) {
  for (size_t at = body.find(mark, from); at != std::string_view::npos;
       at = body.find(mark, at + 1)) {
    const bool starts_line =
        at == 0 || (at >= 2 && body.substr(at - 2, 2) == "\r\n");
    if (!starts_line) continue;
    Delimiter found;
    found.begin = at == 0 ? 0 : at - 2;
    size_t end = at + mark.size();
    found.is_last = body.substr(end, 2) == "--";
    if (found.is_last) return found;
    // RFC 2046 section 5.1.1: white space may follow.
    while (end < body.size() && (body[end] == ' ' || body[end] == '\t')) ++end;
    if (body.substr(end, 2) != "\r\n") continue;
    found.end = end + 2;
    return found;
  }
  return std::nullopt;
}

}  // namespace

InthingForm InthingForm::Parse(const HttpServerRequest& request) {
  InthingForm form;
  const std::string_view type =
      FindHeader(request.headers, "Content-Type").value_or("");
  if (absl::StartsWithIgnoreCase(ToAbsl(type), "multipart/form-data")) {
    form.ParseMultipart(request.body,
                        HeaderParameter(type, "boundary").value_or(""));
  } else {
    for (auto& [name, value] : ParseQuery(request.body)) {
      form.fields_.try_emplace(name, std::move(value));
    }
  }
  for (auto& [name, value] : ParseQuery(request.query)) {
    form.fields_.try_emplace(name, std::move(value));
  }
  return form;
}

std::optional<std::string> InthingForm::Find(std::string_view name) const {
  const auto found = fields_.find(name);
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

void InthingForm::ParseMultipart(std::string_view body,
                                 const std::string& boundary) {
  if (boundary.empty()) return;
  const std::string mark = absl::StrCat("--", boundary);
  std::optional<Delimiter> before = FindDelimiter(body, mark, 0);
  for (int parts = 0; parts < kMaxParts; ++parts) {
    if (!before.has_value() || before->is_last) return;
    // The line break before the next delimiter may be the end of an empty head.
    const size_t begin = before->end;
    const std::optional<Delimiter> after = FindDelimiter(body, mark, begin);
    const size_t end = after.has_value() ? after->begin : body.size();
    if (end >= begin) AddPart(body.substr(begin, end - begin));
    before = after;
  }
}

void InthingForm::AddPart(std::string_view part) {
  const size_t middle = part.find("\r\n\r\n");
  if (middle == std::string_view::npos) return;
  const std::string_view head = part.substr(0, middle);
  const std::string_view content = part.substr(middle + 4);
  const std::string_view disposition = HeaderOf(head, "content-disposition");
  const auto name = HeaderParameter(disposition, "name");
  if (!name.has_value()) return;
  if (auto file_name = FileName(disposition)) {
    // What browsers send when no file was chosen.
    if (file_name->empty() && content.empty()) return;
    if (*name == "image" && !image_.has_value()) {
      image_ = File{*std::move(file_name),
                    std::string(HeaderOf(head, "content-type")),
                    std::string(content)};
    }
    return;
  }
  fields_.try_emplace(*name, content);
}

}  // namespace sluice::sandbox
