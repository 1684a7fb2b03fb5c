// Lines of comma-separated values.
#ifndef PLUGINS_REPLAY_CSV_RECORD_H_
#define PLUGINS_REPLAY_CSV_RECORD_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "plugins/replay/record.h"

namespace sluice::replay {

// Splits one line into its fields (RFC 4180: quotes around a field, two quotes
// for one inside). A field cannot go over several lines.
//   kInvalidArgument: a quote is not closed, or text stands beside quotes.
absl::Status SplitCsvLine(std::string_view line,
                          std::vector<std::string>* fields);

// Reads records whose columns the header names. Named columns become
// attributes, all others members of the JSON object `data`, in their order:
// a value that is a JSON number, true or false as such, an empty one as null,
// anything else as a string.
class CsvRecordParser final : public RecordParser {
 public:
  explicit CsvRecordParser(FieldNames names) : names_(std::move(names)) {}

  bool has_header() const override { return true; }
  // Also kInvalidArgument: a named column is not in the header.
  absl::Status ReadHeader(std::string_view line) override;
  // Reason: malformed_csv.
  absl::Status Parse(std::string_view line, Record* record) override;
  std::string_view reason() const override { return "malformed_csv"; }

 private:
  enum class Role { kData, kId, kTime, kSubject, kType };
  struct Column {
    Role role = Role::kData;
    // `"name":` as it stands in the JSON.
    std::string member;
  };

  const FieldNames names_;
  std::vector<Column> columns_;
  std::vector<std::string> fields_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_CSV_RECORD_H_
