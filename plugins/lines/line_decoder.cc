#include "plugins/lines/line_decoder.h"

#include "pipeline/cloud_event/cloud_event_reader.h"
#include "plugins/lines/json_line_decoder.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

class CloudEventLineDecoder final : public LineDecoder {
 public:
  bool Decode(std::string_view line, size_t readable_behind,
              EventFields* event) override {
    const absl::Status status = reader_.Read(line, readable_behind, event);
    if (!status.ok()) {
      return Refuse(reader_.reason(), std::string(ToStd(status.message())));
    }
    // When it was taken in, the pipeline says.
    event->ingest_time_unix_nanos = 0;
    return true;
  }

 private:
  CloudEventReader reader_;
};

}  // namespace

std::unique_ptr<LineDecoder> MakeLineDecoder(const LineFormat& format,
                                             uint64_t run) {
  if (format.cloud_events) return std::make_unique<CloudEventLineDecoder>();
  return std::make_unique<JsonLineDecoder>(format, run);
}

}  // namespace sluice::lines
