// What the subcommands print with.
#ifndef TOOLS_SLUICE_OUTPUT_H_
#define TOOLS_SLUICE_OUTPUT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

enum class OutputFormat {
  kText,  // For people.
  kJson,  // One JSON document, for scripts.
};

// Adds `--output text|json`. `*format` keeps its value unless the option is
// given.
void AddOutputOption(CLI::App& command, OutputFormat* format);

// `rows` in columns as wide as their widest cell, two spaces between them; the
// last column is not padded. Rows may be of different lengths. Ends with a line
// break unless there is no row.
std::string FormatTable(const std::vector<std::vector<std::string>>& rows);

// `text` of others as a terminal may show it: control characters become spaces,
// and what is not UTF-8 is escaped.
std::string Printable(std::string_view text);

// The same for a cell of a table, cut off behind so many bytes.
inline constexpr size_t kMaxCellBytes = 60;
std::string Cell(std::string_view text, size_t max_bytes = kMaxCellBytes);

// "1 source", "2 sources".
std::string Count(uint64_t n, const std::string& noun);

}  // namespace sluice

#endif  // TOOLS_SLUICE_OUTPUT_H_
