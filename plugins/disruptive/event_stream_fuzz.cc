// Bytes of the device cloud: a stream cut into pieces anywhere, a page of
// history, a page of devices. The first byte chooses.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "glog/logging.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/frame_splitter.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kMaxFrameBytes = 256;

class Frames final : public FrameHandler {
 public:
  void OnFrame(std::string_view frame) override {
    CHECK(!frame.empty());
    CHECK_LE(frame.size(), kMaxFrameBytes);
    frames.emplace_back(frame);
  }
  void OnOversizedFrame(std::string_view beginning) override {
    CHECK_LE(beginning.size(), kMaxFrameBytes);
    frames.push_back("oversized " + std::string(beginning));
  }
  std::vector<std::string> frames;
};

std::vector<std::string> Split(Framing framing, std::string_view stream,
                               size_t piece) {
  Frames frames;
  FrameSplitter splitter(framing, kMaxFrameBytes, &frames);
  for (; !stream.empty();
       stream.remove_prefix(std::min(piece, stream.size()))) {
    splitter.Feed(stream.substr(0, piece));
  }
  return frames.frames;
}

void CheckEvents(const EventBatch& events) {
  CHECK(EventBatch::Parse(std::string(events.wire())).ok());
}

void DecodeStream(Framing framing, size_t piece, std::string_view stream) {
  const std::vector<std::string> frames =
      Split(framing, stream, stream.size() + 1);
  // Where a piece ends makes no difference.
  CHECK(frames == Split(framing, stream, piece)) << "in pieces of " << piece;
  EventDecoder decoder;
  EventBatchBuilder builder;
  for (const std::string& bytes : frames) {
    const Frame& frame = decoder.DecodeFrame(bytes);
    if (frame.kind == Frame::Kind::kEvent) builder.Add(frame.event);
  }
  CheckEvents(*builder.Build());
}

}  // namespace
}  // namespace sluice::disruptive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::disruptive;
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const size_t piece = data[0] / 4 + 1;
  EventDecoder decoder;
  switch (data[0] % 4) {
    case 0:
      DecodeStream(Framing::kJsonLines, piece, bytes);
      break;
    case 1:
      DecodeStream(Framing::kServerSentEvents, piece, bytes);
      break;
    case 2:
      if (const auto page = decoder.DecodeHistoryPage(bytes); page.ok()) {
        CheckEvents(*page->events);
      }
      break;
    default:
      (void)decoder.DecodeDevicePage(bytes).ok();
      (void)ErrorMessage(bytes);
  }
  return 0;
}
