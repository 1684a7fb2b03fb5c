#include "tools/sandbox/inthing/inthing_form.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

// The value of `name=` in a header such as
// `form-data; name="image"; filename="a.jpg"`; nullopt: it has none.
std::optional<std::string> HeaderParameter(std::string_view header,
                                           std::string_view name) {
  const std::string wanted = absl::StrCat(ToAbsl(name), "=");
  size_t at = 0;
  while ((at = header.find(';', at)) != std::string_view::npos) {
    ++at;
    while (at < header.size() && header[at] == ' ') ++at;
    std::string_view rest = header.substr(at);
    if (!absl::StartsWithIgnoreCase(ToAbsl(rest), wanted)) continue;
    rest.remove_prefix(wanted.size());
    if (rest.starts_with('"')) {
      rest.remove_prefix(1);
      return std::string(rest.substr(0, rest.find('"')));
    }
    return std::string(rest.substr(0, rest.find(';')));
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

// The line of `head` that begins with "Content-Disposition:", after the colon.
std::string_view Disposition(std::string_view head) {
  constexpr std::string_view kName = "content-disposition:";
  while (!head.empty()) {
    const size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    if (absl::StartsWithIgnoreCase(ToAbsl(line), ToAbsl(kName))) {
      return line.substr(kName.size());
    }
    if (end == std::string_view::npos) break;
    head.remove_prefix(end + 2);
  }
  return {};
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
                                 std::string_view boundary) {
  if (boundary.empty()) return;
  const std::string mark = absl::StrCat("--", ToAbsl(boundary));
  if (!body.starts_with(mark)) return;
  body.remove_prefix(mark.size());
  const std::string next = absl::StrCat("\r\n", mark);
  while (body.starts_with("\r\n")) {
    body.remove_prefix(2);
    const size_t end = body.find(next);
    const std::string_view part = body.substr(0, end);
    const size_t middle = part.find("\r\n\r\n");
    if (middle != std::string_view::npos) {
      AddPart(part.substr(0, middle), part.substr(middle + 4));
    }
    if (end == std::string_view::npos) return;
    body.remove_prefix(end + next.size());
  }
}

void InthingForm::AddPart(std::string_view head, std::string_view content) {
  const std::string_view disposition = Disposition(head);
  const auto name = HeaderParameter(disposition, "name");
  if (!name.has_value()) return;
  if (auto file_name = FileName(disposition)) {
    if (*name == "image" && !image_.has_value()) {
      image_ = File{*std::move(file_name), std::string(content)};
    }
    return;
  }
  fields_.try_emplace(*name, content);
}

}  // namespace sluice::sandbox
