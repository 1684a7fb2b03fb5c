// Lines of a file to replay: JSON, or CSV with its header first. The first byte
// chooses.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "glog/logging.h"
#include "plugins/replay/csv_record.h"
#include "plugins/replay/json_record.h"
#include "storage/event/event_batch.h"

namespace sluice::replay {
namespace {

void Parse(RecordParser& parser, std::string_view text) {
  bool header = parser.has_header();
  Record record;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (header) {
      if (!parser.ReadHeader(line).ok()) return;
      header = false;
    } else if (!parser.Parse(line, &record).ok()) {
      CHECK(!parser.reason().empty());
    }
  }
}

}  // namespace
}  // namespace sluice::replay

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::replay;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  const FieldNames names = {.id = "id",
                            .time = "time",
                            .subject = "device",
                            .type = "type",
                            .data = data[0] & 2 ? "data" : ""};
  if (data[0] & 1) {
    CsvRecordParser parser(names);
    Parse(parser, text);
  } else {
    JsonRecordParser parser(names);
    Parse(parser, text);
  }
  return 0;
}
