// One line of a file as the attributes of an event.
#ifndef PLUGINS_REPLAY_RECORD_H_
#define PLUGINS_REPLAY_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "storage/event/event_view.h"

namespace sluice::replay {

// The counterpart of config.proto's Fields; an empty name: not in the record.
struct FieldNames {
  std::string id;
  std::string time;
  std::string subject;
  std::string type;
  std::string data;
};

// Attributes a line gives; empty ones are for the caller to fill. Strings keep
// their memory from line to line.
struct Record {
  std::string id;
  std::string source;
  std::string type;
  std::string subject;
  std::string datacontenttype;
  std::string data;
  int64_t time_unix_nanos = 0;
  std::vector<std::pair<std::string, std::string>> labels;
  // False: the line is well formed and means nothing.
  bool is_event = true;

  void Clear();
};

// Reads the lines of one format.
//
// Thread-safety: none.
class RecordParser {
 public:
  virtual ~RecordParser() = default;

  // True when the first line of a file is no record but says how to read the
  // others.
  virtual bool has_header() const { return false; }
  // Takes that line.
  //   kInvalidArgument: it makes no sense.
  virtual absl::Status ReadHeader(std::string_view) { return absl::OkStatus(); }

  // Reads `line` into `record`, cleared before.
  //   kInvalidArgument: it is not a record; reason() is the word for it.
  virtual absl::Status Parse(std::string_view line, Record* record) = 0;

  // Of the last line refused, e.g. "malformed_json".
  virtual std::string_view reason() const = 0;
};

// The time that `text` says, in nanoseconds since the Unix epoch, in one of the
// forms of Fields.time in config.proto. Nullopt: in none of them, or not
// between the years 1678 and 2262.
std::optional<int64_t> ParseTimeText(std::string_view text);

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_RECORD_H_
