// How lines are read.
#ifndef PLUGINS_LINES_LINE_FORMAT_H_
#define PLUGINS_LINES_LINE_FORMAT_H_

#include <cstddef>
#include <string>

namespace sluice::lines {

// The counterpart of config.proto's Fields; empty: not in the line.
struct FieldPaths {
  std::string id;
  std::string subject;
  std::string type;
  std::string time;
  std::string source;
};

struct LineFormat {
  // Each line is a CloudEvent; `fields`, `type` and `source` then do not count.
  bool cloud_events = false;
  FieldPaths fields;
  // Of events whose line does not say.
  std::string type = "line";
  std::string source;
  // Without line end.
  size_t max_line_bytes = 1 << 20;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINE_FORMAT_H_
