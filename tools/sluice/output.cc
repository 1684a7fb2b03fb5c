#include "tools/sluice/output.h"

#include <algorithm>
#include <map>

#include "CLI/CLI.hpp"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"

namespace sluice {

void AddOutputOption(CLI::App& command, OutputFormat* format) {
  const std::map<std::string, OutputFormat> formats = {
      {"text", OutputFormat::kText}, {"json", OutputFormat::kJson}};
  command
      .add_option_function<std::string>(
          "--output",
          [format, formats](const std::string& name) {
            *format = formats.at(name);
          },
          "text for people (the default), json for scripts")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
}

std::string FormatTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

std::string Printable(std::string_view text) {
  if (!IsUtf8(text)) {
    return absl::CHexEscape(absl::string_view(text.data(), text.size()));
  }
  std::string printable;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are control characters too.
    const bool c1 = c == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (c1) ++i;
    printable += c < 0x20 || c == 0x7f || c1 ? ' ' : text[i];
  }
  return printable;
}

std::string Cell(std::string_view text, size_t max_bytes) {
  std::string cell = Printable(text);
  if (cell.size() <= max_bytes) return cell;
  size_t end = max_bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xc0) == 0x80) {
    --end;
  }
  return cell.substr(0, end) + "...";
}

std::string Count(uint64_t n, const std::string& noun) {
  return absl::StrCat(n, " ", noun, n == 1 ? "" : "s");
}

}  // namespace sluice
