// Bytes as a record of the log, as they are and with the checksum set right, so
// that what lies behind it is reached.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "storage/base/coding.h"
#include "storage/base/crc32c.h"
#include "storage/format/record.h"

namespace sluice::format {
namespace {

// Where docs/log_format.md puts it.
constexpr size_t kChecksumAt = 4;

void Read(std::string_view record) {
  const auto header = ParseRecordHeader(record);
  if (!header.ok()) return;
  const auto body = ParseRecordBody(*header, record);
  if (!body.ok()) return;
  CHECK_EQ((*body)->size(), header->event_count);
  for (size_t i = 0; i < (*body)->size(); ++i) {
    (void)EventView::Parse((*body)->event_wire(i)).ok();
  }
}

}  // namespace
}  // namespace sluice::format

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  using namespace sluice::format;
  std::string record(reinterpret_cast<const char*>(data), size);
  Read(record);
  if (size < kRecordHeaderBytes) return 0;
  const std::string_view view = record;
  StoreLittleEndian32(record.data() + kChecksumAt,
                      Crc32c(view.substr(kChecksumAt + 4),
                             Crc32c(view.substr(0, kChecksumAt))));
  Read(record);
  return 0;
}
